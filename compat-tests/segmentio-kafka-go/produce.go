package main

import (
	"errors"
	"time"

	"github.com/segmentio/kafka-go"

	. "ottla/compat-tests/support/serving"
)

// producing is what one producer was made for.
type producing struct {
	codec string
	acks  int16
	limit int32
}

var codecs = map[string]kafka.Compression{
	"gzip":   kafka.Gzip,
	"snappy": kafka.Snappy,
	"lz4":    kafka.Lz4,
	"zstd":   kafka.Zstd,
}

// sending is what is known of a record on its way: where it shall go and where it was stored.
type sending struct {
	partition *int32
	offset    int64
}

// chosen takes the partition that the record names, as a Java producer does, or any.
func chosen() kafka.Balancer {
	any := &kafka.Hash{}
	return kafka.BalancerFunc(func(message kafka.Message, partitions ...int) int {
		if partition := message.WriterData.(*sending).partition; partition != nil {
			return int(*partition)
		}
		return any.Balance(message, partitions...)
	})
}

func stored(messages []kafka.Message, err error) {
	for _, message := range messages {
		message.WriterData.(*sending).offset = message.Offset
	}
}

func producer(ask Produce) *kafka.Writer {
	wanted := producing{ask.Codec, ask.AllAcks(), ask.Limit()}
	if known := producers[wanted]; known != nil {
		return known
	}
	producers[wanted] = &kafka.Writer{
		Addr:                   address,
		Transport:              transport,
		Balancer:               chosen(),
		Compression:            codecs[wanted.codec],
		RequiredAcks:           kafka.RequiredAcks(wanted.acks),
		BatchBytes:             int64(wanted.limit),
		BatchTimeout:           5 * time.Millisecond,
		AllowAutoTopicCreation: true,
		Completion:             stored,
	}
	return producers[wanted]
}

func produce(ask Produce) (any, error) {
	if ask.Idempotent {
		return nil, Cannot("no idempotent producer")
	}
	messages := []kafka.Message{}
	for _, sent := range ask.Records {
		if sent.HasEmpty() {
			return nil, Cannot("reads what is empty as null")
		}
		message := kafka.Message{Topic: ask.Topic, Key: sent.Key, Value: sent.Value}
		message.WriterData = &sending{partition: sent.Partition}
		for _, header := range sent.Headers {
			message.Headers = append(message.Headers, kafka.Header{Key: header.Name, Value: header.Value})
		}
		if sent.Timestamp != nil {
			message.Time = time.UnixMilli(*sent.Timestamp)
		}
		messages = append(messages, message)
	}
	err := producer(ask).WriteMessages(ctx, messages...)
	var failed kafka.WriteErrors
	if errors.As(err, &failed) {
		err = failed[0]
	}
	offsets := []*int64{}
	for _, message := range messages {
		if ask.AllAcks() == 0 {
			offsets = append(offsets, nil)
		} else {
			offsets = append(offsets, &message.WriterData.(*sending).offset)
		}
	}
	return map[string]any{"offsets": offsets}, err
}
