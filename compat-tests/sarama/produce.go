package main

import (
	"errors"
	"time"

	"github.com/IBM/sarama"

	. "ottla/compat-tests/support/serving"
)

// producing is what one producer was made for.
type producing struct {
	codec      string
	acks       int16
	idempotent bool
	limit      int32
}

var codecs = map[string]sarama.CompressionCodec{
	"gzip":   sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy,
	"lz4":    sarama.CompressionLZ4,
	"zstd":   sarama.CompressionZSTD,
}

// chosen takes the partition that the record names, as a Java producer does, or any.
type chosen struct{ any sarama.Partitioner }

func (chosen chosen) Partition(message *sarama.ProducerMessage, n int32) (int32, error) {
	if message.Metadata == nil {
		return chosen.any.Partition(message, n)
	}
	return message.Metadata.(int32), nil
}

func (chosen chosen) RequiresConsistency() bool { return true }

func producer(ask Produce) sarama.SyncProducer {
	wanted := producing{ask.Codec, ask.AllAcks(), ask.Idempotent, ask.Limit()}
	if known := producers[wanted]; known != nil {
		return known
	}
	config := config()
	config.Producer.Compression = codecs[wanted.codec]
	config.Producer.RequiredAcks = sarama.RequiredAcks(wanted.acks)
	config.Producer.Idempotent = wanted.idempotent
	config.Producer.MaxMessageBytes = int(wanted.limit)
	config.Producer.Return.Successes = true
	config.Producer.Retry.Max = 100
	config.Producer.Retry.Backoff = 50 * time.Millisecond
	config.Producer.Partitioner = func(topic string) sarama.Partitioner {
		return chosen{sarama.NewHashPartitioner(topic)}
	}
	if wanted.idempotent {
		config.Net.MaxOpenRequests = 1
	}
	producers[wanted] = must(sarama.NewSyncProducer(brokers, config))
	return producers[wanted]
}

func produce(ask Produce) (any, error) {
	messages := []*sarama.ProducerMessage{}
	for _, sent := range ask.Records {
		messages = append(messages, message(ask.Topic, sent))
	}
	err := producer(ask).SendMessages(messages)
	var failed sarama.ProducerErrors
	if errors.As(err, &failed) {
		err = failed[0].Err
	}
	offsets := []*int64{}
	for _, message := range messages {
		if ask.AllAcks() == 0 {
			offsets = append(offsets, nil)
		} else {
			offsets = append(offsets, &message.Offset)
		}
	}
	return map[string]any{"offsets": offsets}, err
}

func message(topic string, sent SentRecord) *sarama.ProducerMessage {
	message := &sarama.ProducerMessage{Topic: topic}
	if sent.Key != nil {
		message.Key = sarama.ByteEncoder(sent.Key)
	}
	if sent.Value != nil {
		message.Value = sarama.ByteEncoder(sent.Value)
	}
	for _, header := range sent.Headers {
		message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(header.Name), Value: header.Value})
	}
	if sent.Partition != nil {
		message.Metadata = *sent.Partition
	}
	if sent.Timestamp != nil {
		message.Timestamp = time.UnixMilli(*sent.Timestamp)
	}
	return message
}
