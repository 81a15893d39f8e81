package main

import (
	"context"
	"sync"
	"time"

	"github.com/IBM/sarama"

	. "ottla/compat-tests/support/serving"
)

// reader is a consumer of one partition or a member of a group.
type reader interface {
	commit()
	close() error
}

func reading() *sarama.Config {
	config := config()
	config.Consumer.MaxWaitTime = 100 * time.Millisecond
	config.Consumer.Return.Errors = true
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	return config
}

func tell(consumer string, message *sarama.ConsumerMessage) {
	headers := []Header{}
	for _, header := range message.Headers {
		headers = append(headers, Header{Name: string(header.Key), Value: header.Value})
	}
	TellRecords(consumer, []Record{{
		Topic:     message.Topic,
		Partition: message.Partition,
		Offset:    message.Offset,
		Timestamp: message.Timestamp.UnixMilli(),
		Key:       message.Key,
		Value:     message.Value,
		Headers:   headers,
	}})
}

type partition struct {
	sarama.Consumer
	sarama.PartitionConsumer
}

func (partition) commit() {}

func (reader partition) close() error {
	if err := reader.PartitionConsumer.Close(); err != nil {
		return err
	}
	return reader.Consumer.Close()
}

func assign(ask Assign) (any, error) {
	consumer, err := sarama.NewConsumer(brokers, reading())
	if err != nil {
		return nil, err
	}
	reads, err := consumer.ConsumePartition(ask.Topic, ask.Partition, ask.Offset)
	if err != nil {
		return nil, err
	}
	readers[ask.Consumer] = partition{consumer, reads}
	go func() {
		for err := range reads.Errors() {
			TellError(ask.Consumer, err, codeOf(err))
		}
	}()
	go func() {
		for message := range reads.Messages() {
			tell(ask.Consumer, message)
		}
	}()
	return Done{}, nil
}

// member is one of a group; its sessions come and go.
type member struct {
	name    string
	group   sarama.ConsumerGroup
	stop    context.CancelFunc
	done    sync.WaitGroup
	mutex   sync.Mutex
	session sarama.ConsumerGroupSession
}

func (member *member) Setup(session sarama.ConsumerGroupSession) error {
	member.mutex.Lock()
	defer member.mutex.Unlock()
	member.session = session
	return nil
}

func (member *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (member *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	mine := map[string][]int32{claim.Topic(): {claim.Partition()}}
	TellPartitions("assigned", member.name, mine)
	defer TellPartitions("revoked", member.name, mine)
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			session.MarkMessage(message, "")
			tell(member.name, message)
		case <-session.Context().Done():
			return nil
		}
	}
}

func (member *member) commit() {
	member.mutex.Lock()
	defer member.mutex.Unlock()
	member.session.Commit()
}

func (member *member) close() error {
	member.stop()
	member.done.Wait()
	return member.group.Close()
}

func subscribe(ask Subscribe) (any, error) {
	if ask.Pattern != "" {
		return nil, Cannot("no patterns")
	}
	config := reading()
	config.Consumer.Group.InstanceId = ask.InstanceID
	config.Consumer.Group.Session.Timeout = time.Duration(ask.SessionTimeout()) * time.Millisecond
	config.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	strategy := sarama.NewBalanceStrategyRange()
	if ask.Assignor == "cooperative-sticky" {
		strategy = sarama.NewBalanceStrategyCooperativeSticky()
	}
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy}
	config.Consumer.Offsets.AutoCommit.Enable = ask.AutoCommitMs != nil
	if ask.AutoCommitMs != nil {
		config.Consumer.Offsets.AutoCommit.Interval = time.Duration(*ask.AutoCommitMs) * time.Millisecond
	}
	group, err := sarama.NewConsumerGroup(brokers, ask.Group, config)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	joined := &member{name: ask.Consumer, group: group, stop: stop}
	readers[ask.Consumer] = joined
	go func() {
		for err := range group.Errors() {
			TellError(ask.Consumer, err, codeOf(err))
		}
	}()
	joined.done.Go(func() {
		for ctx.Err() == nil {
			if err := group.Consume(ctx, ask.Topics, joined); err != nil {
				TellError(ask.Consumer, err, codeOf(err))
			}
		}
	})
	return Done{}, nil
}

func commit(ask Consumer) (any, error) {
	readers[ask.Consumer].commit()
	return Done{}, nil
}

func closeReader(ask Consumer) (any, error) {
	reader := readers[ask.Consumer]
	delete(readers, ask.Consumer)
	return Done{}, reader.close()
}
