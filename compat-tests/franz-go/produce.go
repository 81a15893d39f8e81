package main

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	. "ottla/compat-tests/support/serving"
)

// producing is what one producer was made for.
type producing struct {
	codec      string
	acks       int16
	idempotent bool
	limit      int32
}

var codecs = map[string]kgo.CompressionCodec{
	"":       kgo.NoCompression(),
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

var acks = map[int16]kgo.Acks{-1: kgo.AllISRAcks(), 0: kgo.NoAck(), 1: kgo.LeaderAck()}

// chosen takes the partition that the record names, as a Java producer does, or any.
func chosen() kgo.Partitioner {
	any := kgo.StickyKeyPartitioner(nil)
	return kgo.BasicConsistentPartitioner(func(topic string) func(*kgo.Record, int) int {
		free := any.ForTopic(topic)
		return func(record *kgo.Record, n int) int {
			if record.Partition >= 0 {
				return int(record.Partition)
			}
			return free.Partition(record, n)
		}
	})
}

func producer(ask Produce) *kgo.Client {
	wanted := producing{ask.Codec, ask.AllAcks(), ask.Idempotent, ask.Limit()}
	if known := producers[wanted]; known != nil {
		return known
	}
	options := []kgo.Opt{
		kgo.ProducerBatchCompression(codecs[wanted.codec]),
		kgo.RequiredAcks(acks[wanted.acks]),
		kgo.ProducerBatchMaxBytes(wanted.limit),
		kgo.ProducerLinger(5 * time.Millisecond),
		kgo.AllowAutoTopicCreation(),
		kgo.RecordPartitioner(chosen()),
	}
	if !wanted.idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	producers[wanted] = client(options...)
	return producers[wanted]
}

func produce(ask Produce) (any, error) {
	records := []*kgo.Record{}
	for _, sent := range ask.Records {
		record := &kgo.Record{Topic: ask.Topic, Key: sent.Key, Value: sent.Value, Partition: -1}
		for _, header := range sent.Headers {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: header.Name, Value: header.Value})
		}
		if sent.Partition != nil {
			record.Partition = *sent.Partition
		}
		if sent.Timestamp != nil {
			record.Timestamp = time.UnixMilli(*sent.Timestamp)
		}
		records = append(records, record)
	}
	results := producer(ask).ProduceSync(ctx, records...)
	offsets := []*int64{}
	for _, record := range records {
		if ask.AllAcks() == 0 {
			offsets = append(offsets, nil)
		} else {
			offsets = append(offsets, &record.Offset)
		}
	}
	return map[string]any{"offsets": offsets}, results.FirstErr()
}
