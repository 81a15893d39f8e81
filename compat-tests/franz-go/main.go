// franz-go as a driver of the matrix.
package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	. "ottla/compat-tests/support/serving"
)

var (
	ctx       = context.Background()
	common    = []kgo.Opt{kgo.SeedBrokers(os.Args[1]), kgo.MetadataMinAge(100 * time.Millisecond), kgo.MetadataMaxAge(time.Second)}
	admin     = kadm.NewClient(client())
	producers = map[producing]*kgo.Client{}
	readers   = map[string]*reader{}
)

func client(options ...kgo.Opt) *kgo.Client {
	made, err := kgo.NewClient(append(common, options...)...)
	if err != nil {
		panic(err)
	}
	return made
}

func main() {
	steps := map[string]Step{
		"createTopic":   Of(createTopic),
		"describeTopic": Of(describeTopic),
		"listTopics":    Of(listTopics),
		"growTopic":     Of(growTopic),
		"deleteTopic":   Of(deleteTopic),
		"watermarks":    Of(watermarks),
		"offsetAt":      Of(offsetAt),
		"committed":     Of(committed),
		"produce":       Of(produce),
		"assign":        Of(assign),
		"subscribe":     Of(subscribe),
		"commit":        Of(commit),
		"close":         Of(closeReader),
	}
	Serve(Version("github.com/twmb/franz-go"), steps, codeOf, closeAll)
}

func codeOf(err error) *int16 {
	var kafka *kerr.Error
	if errors.As(err, &kafka) {
		return &kafka.Code
	}
	return nil
}

func createTopic(ask Topic) (any, error) {
	_, err := admin.CreateTopic(ctx, ask.Partitions, -1, ask.Configs, ask.Topic)
	return Done{}, err
}

func describeTopic(ask Topic) (any, error) {
	found, err := admin.ListTopics(ctx, ask.Topic)
	if err == nil {
		err = found.Error()
	}
	return map[string]any{"partitions": len(found[ask.Topic].Partitions)}, err
}

func listTopics(Topic) (any, error) {
	found, err := admin.ListTopics(ctx)
	return map[string]any{"topics": found.Names()}, err
}

func growTopic(ask Topic) (any, error) {
	grown, err := admin.UpdatePartitions(ctx, int(ask.Partitions), ask.Topic)
	if err == nil {
		err = grown.Error()
	}
	return Done{}, err
}

func deleteTopic(ask Topic) (any, error) {
	_, err := admin.DeleteTopic(ctx, ask.Topic)
	return Done{}, err
}

func offsetOf(found kadm.ListedOffsets, err error, ask Partition) (int64, error) {
	if err != nil {
		return 0, err
	}
	offset, _ := found.Lookup(ask.Topic, ask.Partition)
	return offset.Offset, offset.Err
}

func watermarks(ask Partition) (any, error) {
	start, err := admin.ListStartOffsets(ctx, ask.Topic)
	low, err := offsetOf(start, err, ask)
	if err != nil {
		return nil, err
	}
	end, err := admin.ListEndOffsets(ctx, ask.Topic)
	high, err := offsetOf(end, err, ask)
	return map[string]any{"low": low, "high": high}, err
}

func offsetAt(ask Partition) (any, error) {
	found, err := admin.ListOffsetsAfterMilli(ctx, ask.Timestamp, ask.Topic)
	offset, err := offsetOf(found, err, ask)
	return map[string]any{"offset": offset}, err
}

func committed(ask Partition) (any, error) {
	found, err := admin.FetchOffsetsForTopics(ctx, ask.Group, ask.Topic)
	if err != nil {
		return nil, err
	}
	offset, _ := found.Lookup(ask.Topic, ask.Partition)
	return map[string]any{"offset": offset.At}, offset.Err
}

func closeAll() {
	for name := range readers {
		closeReader(Consumer{Consumer: name})
	}
	for _, producer := range producers {
		producer.Close()
	}
	admin.Close()
}
