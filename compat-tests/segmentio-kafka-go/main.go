// segmentio/kafka-go as a driver of the matrix.
package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/segmentio/kafka-go"

	. "ottla/compat-tests/support/serving"
)

var (
	ctx       = context.Background()
	address   = kafka.TCP(os.Args[1])
	transport = &kafka.Transport{MetadataTTL: time.Second}
	admin     = &kafka.Client{Addr: address, Transport: transport}
	producers = map[producing]*kafka.Writer{}
	readers   = map[string]*reader{}
)

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
	Serve(Version("github.com/segmentio/kafka-go"), steps, codeOf, closeAll)
}

func codeOf(err error) *int16 {
	var kafka kafka.Error
	if !errors.As(err, &kafka) {
		return nil
	}
	code := int16(kafka)
	return &code
}

func createTopic(ask Topic) (any, error) {
	topic := kafka.TopicConfig{Topic: ask.Topic, NumPartitions: int(ask.Partitions), ReplicationFactor: -1}
	for name, value := range ask.Configs {
		topic.ConfigEntries = append(topic.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: *value})
	}
	made, err := admin.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{topic}})
	if err != nil {
		return nil, err
	}
	return Done{}, made.Errors[ask.Topic]
}

// partitionsOf asks the broker itself; a Client answers from what it knew a moment ago.
func partitionsOf(topics ...string) ([]kafka.Partition, error) {
	connection, err := kafka.Dial("tcp", os.Args[1])
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	return connection.ReadPartitions(topics...)
}

func describeTopic(ask Topic) (any, error) {
	found, err := partitionsOf(ask.Topic)
	return map[string]any{"partitions": len(found)}, err
}

func listTopics(Topic) (any, error) {
	found, err := partitionsOf()
	names := []string{}
	for _, partition := range found {
		if partition.ID == 0 {
			names = append(names, partition.Topic)
		}
	}
	return map[string]any{"topics": names}, err
}

func growTopic(ask Topic) (any, error) {
	topics := []kafka.TopicPartitionsConfig{{Name: ask.Topic, Count: ask.Partitions}}
	grown, err := admin.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{Topics: topics})
	if err != nil {
		return nil, err
	}
	return Done{}, grown.Errors[ask.Topic]
}

func deleteTopic(ask Topic) (any, error) {
	deleted, err := admin.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{ask.Topic}})
	if err != nil {
		return nil, err
	}
	return Done{}, deleted.Errors[ask.Topic]
}

func listOffsets(topic string, asked ...kafka.OffsetRequest) (kafka.PartitionOffsets, error) {
	topics := map[string][]kafka.OffsetRequest{topic: asked}
	found, err := admin.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: topics})
	if err != nil {
		return kafka.PartitionOffsets{}, err
	}
	offsets := found.Topics[topic][0]
	return offsets, offsets.Error
}

func watermarks(ask Partition) (any, error) {
	partition := int(ask.Partition)
	found, err := listOffsets(ask.Topic, kafka.FirstOffsetOf(partition), kafka.LastOffsetOf(partition))
	return map[string]any{"low": found.FirstOffset, "high": found.LastOffset}, err
}

func offsetAt(ask Partition) (any, error) {
	at := time.UnixMilli(ask.Timestamp)
	found, err := listOffsets(ask.Topic, kafka.TimeOffsetOf(int(ask.Partition), at))
	for offset := range found.Offsets {
		return map[string]any{"offset": offset}, err
	}
	return map[string]any{"offset": -1}, err
}

func committed(ask Partition) (any, error) {
	topics := map[string][]int{ask.Topic: {int(ask.Partition)}}
	found, err := admin.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: ask.Group, Topics: topics})
	if err != nil {
		return nil, err
	}
	return map[string]any{"offset": found.Topics[ask.Topic][0].CommittedOffset}, found.Error
}

func closeAll() {
	for name := range readers {
		closeReader(Consumer{Consumer: name})
	}
	for _, producer := range producers {
		producer.Close()
	}
}
