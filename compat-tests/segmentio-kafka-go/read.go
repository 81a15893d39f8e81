package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	. "ottla/compat-tests/support/serving"
)

// reader is one consumer, and the records that it has told but not committed.
type reader struct {
	*kafka.Reader
	name  string
	mutex sync.Mutex
	told  []kafka.Message
	done  sync.WaitGroup
}

func reading(name string, config kafka.ReaderConfig) *reader {
	config.Brokers = []string{os.Args[1]}
	config.MaxWait = 100 * time.Millisecond
	config.MaxBytes = 10_000_000
	readers[name] = &reader{Reader: kafka.NewReader(config), name: name}
	return readers[name]
}

func (reader *reader) start(next func(context.Context) (kafka.Message, error)) {
	reader.done.Go(func() {
		for {
			message, err := next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				TellError(reader.name, err, codeOf(err))
			} else {
				reader.tell(message)
			}
		}
	})
}

func (reader *reader) tell(message kafka.Message) {
	reader.mutex.Lock()
	reader.told = append(reader.told, message)
	reader.mutex.Unlock()
	headers := []Header{}
	for _, header := range message.Headers {
		headers = append(headers, Header{Name: header.Key, Value: header.Value})
	}
	TellRecords(reader.name, []Record{{
		Topic:     message.Topic,
		Partition: int32(message.Partition),
		Offset:    message.Offset,
		Timestamp: message.Time.UnixMilli(),
		Key:       message.Key,
		Value:     message.Value,
		Headers:   headers,
	}})
}

func assign(ask Assign) (any, error) {
	reader := reading(ask.Consumer, kafka.ReaderConfig{Topic: ask.Topic, Partition: int(ask.Partition)})
	if err := reader.SetOffset(ask.Offset); err != nil {
		return nil, err
	}
	reader.start(reader.FetchMessage)
	return Done{}, nil
}

// assignments hears what a reader in a group logs of its partitions, as it tells that in no other way.
type assignments struct {
	consumer string
	owned    map[string][]int32
}

var pair = regexp.MustCompile(`topic:(\S+) partition:(\d+)`)

func (heard *assignments) Printf(format string, values ...any) {
	if format != "subscribed to topics and partitions: %+v" {
		return
	}
	TellPartitions("revoked", heard.consumer, heard.owned)
	heard.owned = map[string][]int32{}
	for _, found := range pair.FindAllStringSubmatch(fmt.Sprintf(format, values...), -1) {
		partition, _ := strconv.Atoi(found[2])
		heard.owned[found[1]] = append(heard.owned[found[1]], int32(partition))
	}
	TellPartitions("assigned", heard.consumer, heard.owned)
}

func subscribe(ask Subscribe) (any, error) {
	switch {
	case ask.Pattern != "":
		return nil, Cannot("no patterns")
	case ask.Assignor == "cooperative-sticky":
		return nil, Cannot("no cooperative rebalance")
	case ask.InstanceID != "":
		return nil, Cannot("no static membership")
	}
	config := kafka.ReaderConfig{
		GroupID:                ask.Group,
		GroupTopics:            ask.Topics,
		GroupBalancers:         []kafka.GroupBalancer{kafka.RangeGroupBalancer{}},
		StartOffset:            kafka.FirstOffset,
		SessionTimeout:         time.Duration(ask.SessionTimeout()) * time.Millisecond,
		HeartbeatInterval:      500 * time.Millisecond,
		JoinGroupBackoff:       100 * time.Millisecond,
		PartitionWatchInterval: time.Second,
		WatchPartitionChanges:  true,
		Logger:                 &assignments{consumer: ask.Consumer},
	}
	if ask.AutoCommitMs == nil {
		reader := reading(ask.Consumer, config)
		reader.start(reader.FetchMessage)
	} else {
		config.CommitInterval = time.Duration(*ask.AutoCommitMs) * time.Millisecond
		reader := reading(ask.Consumer, config)
		reader.start(reader.ReadMessage)
	}
	return Done{}, nil
}

func commit(ask Consumer) (any, error) {
	reader := readers[ask.Consumer]
	reader.mutex.Lock()
	told := reader.told
	reader.mutex.Unlock()
	return Done{}, reader.CommitMessages(ctx, told...)
}

func closeReader(ask Consumer) (any, error) {
	reader := readers[ask.Consumer]
	delete(readers, ask.Consumer)
	err := reader.Close()
	reader.done.Wait()
	return Done{}, err
}
