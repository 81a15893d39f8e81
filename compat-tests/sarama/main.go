// sarama as a driver of the matrix.
package main

import (
	"errors"
	"os"
	"time"

	"github.com/IBM/sarama"

	. "ottla/compat-tests/support/serving"
)

var (
	brokers   = []string{os.Args[1]}
	admin     = must(sarama.NewClusterAdmin(brokers, config()))
	producers = map[producing]sarama.SyncProducer{}
	readers   = map[string]reader{}
)

func must[T any](made T, err error) T {
	if err != nil {
		panic(err)
	}
	return made
}

func config() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Metadata.RefreshFrequency = time.Second
	config.Admin.Retry.Max = 0
	return config
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
	Serve(Version("github.com/IBM/sarama"), steps, codeOf, closeAll)
}

// codeOf knows that sarama wraps Kafka's errors in one way for topics and in another for partitions.
func codeOf(err error) *int16 {
	var kafka sarama.KError
	var topic *sarama.TopicError
	var partition *sarama.TopicPartitionError
	switch {
	case errors.As(err, &topic):
		kafka = topic.Err
	case errors.As(err, &partition):
		kafka = partition.Err
	case !errors.As(err, &kafka):
		return nil
	}
	code := int16(kafka)
	return &code
}

func createTopic(ask Topic) (any, error) {
	detail := sarama.TopicDetail{NumPartitions: ask.Partitions, ReplicationFactor: -1, ConfigEntries: ask.Configs}
	return Done{}, admin.CreateTopic(ask.Topic, &detail, false)
}

func describeTopic(ask Topic) (any, error) {
	found, err := admin.DescribeTopics([]string{ask.Topic})
	if err != nil {
		return nil, err
	}
	if found[0].Err != sarama.ErrNoError {
		return nil, found[0].Err
	}
	return map[string]any{"partitions": len(found[0].Partitions)}, nil
}

func listTopics(Topic) (any, error) {
	found, err := admin.ListTopics()
	names := []string{}
	for name := range found {
		names = append(names, name)
	}
	return map[string]any{"topics": names}, err
}

func growTopic(ask Topic) (any, error) {
	return Done{}, admin.CreatePartitions(ask.Topic, ask.Partitions, nil, false)
}

func deleteTopic(ask Topic) (any, error) {
	return Done{}, admin.DeleteTopic(ask.Topic)
}

func listOffset(ask Partition, time int64) (int64, error) {
	found, err := admin.ListOffsets(map[string]map[int32]int64{ask.Topic: {ask.Partition: time}}, nil)
	if err != nil {
		return 0, err
	}
	result := found[ask.Topic][ask.Partition]
	if result.Err != sarama.ErrNoError {
		return 0, result.Err
	}
	return result.Offset, nil
}

func watermarks(ask Partition) (any, error) {
	low, err := listOffset(ask, sarama.OffsetOldest)
	if err != nil {
		return nil, err
	}
	high, err := listOffset(ask, sarama.OffsetNewest)
	return map[string]any{"low": low, "high": high}, err
}

func offsetAt(ask Partition) (any, error) {
	offset, err := listOffset(ask, ask.Timestamp)
	return map[string]any{"offset": offset}, err
}

func committed(ask Partition) (any, error) {
	found, err := admin.ListConsumerGroupOffsets(ask.Group, map[string][]int32{ask.Topic: {ask.Partition}})
	if err != nil {
		return nil, err
	}
	return map[string]any{"offset": found.GetBlock(ask.Topic, ask.Partition).Offset}, nil
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
