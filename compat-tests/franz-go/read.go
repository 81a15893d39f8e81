package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	. "ottla/compat-tests/support/serving"
)

// reader is one consumer, and the records that it has told.
type reader struct {
	name   string
	client *kgo.Client
	done   sync.WaitGroup
}

func read(name string, options ...kgo.Opt) {
	options = append(options, kgo.FetchMaxWait(100*time.Millisecond))
	made := &reader{name: name, client: client(options...)}
	readers[name] = made
	made.done.Go(made.poll)
}

func (reader *reader) poll() {
	for {
		fetches := reader.client.PollFetches(ctx)
		if fetches.IsClientClosed() {
			return
		}
		for _, failed := range fetches.Errors() {
			if errors.Is(failed.Err, kerr.UnknownTopicID) {
				reader.again(failed.Topic)
			} else {
				TellError(reader.name, failed.Err, codeOf(failed.Err))
			}
		}
		records := []Record{}
		fetches.EachRecord(func(record *kgo.Record) { records = append(records, told(record)) })
		if len(records) > 0 {
			TellRecords(reader.name, records)
		}
	}
}

// again reads a topic that was made anew under its name; franz-go leaves that to its user.
func (reader *reader) again(topic string) {
	reader.client.PurgeTopicsFromConsuming(topic)
	reader.client.AddConsumeTopics(topic)
}

func told(record *kgo.Record) Record {
	headers := []Header{}
	for _, header := range record.Headers {
		headers = append(headers, Header{Name: header.Key, Value: header.Value})
	}
	return Record{
		Topic:     record.Topic,
		Partition: record.Partition,
		Offset:    record.Offset,
		Timestamp: record.Timestamp.UnixMilli(),
		Key:       record.Key,
		Value:     record.Value,
		Headers:   headers,
	}
}

func assign(ask Assign) (any, error) {
	offset := map[int32]kgo.Offset{ask.Partition: kgo.NewOffset().At(ask.Offset)}
	read(ask.Consumer, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{ask.Topic: offset}))
	return Done{}, nil
}

func subscribe(ask Subscribe) (any, error) {
	assigned := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		TellPartitions("assigned", ask.Consumer, partitions)
	}
	lost := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		TellPartitions("revoked", ask.Consumer, partitions)
	}
	revoked := func(ctx context.Context, client *kgo.Client, partitions map[string][]int32) {
		lost(ctx, client, partitions)
		// What franz-go does by itself as long as nobody asks to be told.
		if ask.AutoCommitMs != nil {
			client.CommitUncommittedOffsets(ctx)
		}
	}
	options := []kgo.Opt{
		kgo.ConsumerGroup(ask.Group),
		kgo.SessionTimeout(time.Duration(ask.SessionTimeout()) * time.Millisecond),
		kgo.HeartbeatInterval(500 * time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.OnPartitionsAssigned(assigned),
		kgo.OnPartitionsRevoked(revoked),
		kgo.OnPartitionsLost(lost),
	}
	if ask.Pattern == "" {
		options = append(options, kgo.ConsumeTopics(ask.Topics...))
	} else {
		options = append(options, kgo.ConsumeRegex(), kgo.ConsumeTopics(ask.Pattern))
	}
	if ask.Assignor == "cooperative-sticky" {
		options = append(options, kgo.Balancers(kgo.CooperativeStickyBalancer()))
	} else {
		options = append(options, kgo.Balancers(kgo.RangeBalancer()))
	}
	if ask.InstanceID != "" {
		options = append(options, kgo.InstanceID(ask.InstanceID))
	}
	if ask.AutoCommitMs == nil {
		options = append(options, kgo.DisableAutoCommit())
	} else {
		options = append(options, kgo.AutoCommitInterval(time.Duration(*ask.AutoCommitMs)*time.Millisecond))
	}
	read(ask.Consumer, options...)
	return Done{}, nil
}

func commit(ask Consumer) (any, error) {
	return Done{}, readers[ask.Consumer].client.CommitUncommittedOffsets(ctx)
}

func closeReader(ask Consumer) (any, error) {
	reader := readers[ask.Consumer]
	delete(readers, ask.Consumer)
	reader.client.Close()
	reader.done.Wait()
	return Done{}, nil
}
