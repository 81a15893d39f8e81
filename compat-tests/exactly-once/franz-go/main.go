// Copies `in` to `out` with franz-go, exactly once; what it is told and what it tells: see ../copier.ts.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"math/rand"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const fencedStatus = 3

var (
	gate = sync.NewCond(&sync.Mutex{})
	held = false
)

func main() {
	bootstrap, transactionalID, groupID := os.Args[1], os.Args[2], os.Args[3]
	chance := rand.New(rand.NewSource(int64(number(os.Args[4]))))
	abortPercent, timeoutMs := number(os.Args[5]), number(os.Args[6])
	go listen()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	session, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(bootstrap),
		kgo.TransactionalID(transactionalID),
		kgo.TransactionTimeout(time.Duration(timeoutMs)*time.Millisecond),
		kgo.ConsumerGroup(groupID),
		kgo.ConsumeTopics("in"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.RequireStableFetchOffsets(),
		kgo.SessionTimeout(6*time.Second),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { say("ready", true) }),
	)
	if err != nil {
		end(err)
	}
	for ctx.Err() == nil {
		records := poll(ctx, session)
		if len(records) > 0 {
			copyAll(session, records, chance.Intn(100) < abortPercent)
		}
	}
	session.Close()
}

func poll(ctx context.Context, session *kgo.GroupTransactSession) []*kgo.Record {
	waiting, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	return session.PollRecords(waiting, 50).Records()
}

// copyAll is one transaction. What the group has come to is committed with it, unless the group has moved on.
func copyAll(session *kgo.GroupTransactSession, records []*kgo.Record, aborts bool) {
	if err := session.Begin(); err != nil {
		end(err)
	}
	copies := make([]*kgo.Record, len(records))
	for i, record := range records {
		copies[i] = &kgo.Record{Topic: "out", Partition: record.Partition, Key: record.Key, Value: record.Value}
	}
	results := session.ProduceSync(context.Background(), copies...)
	say("sent", len(records))
	waitWhileHeld()
	err := results.FirstErr()
	if err != nil {
		say("refused", err.Error())
	}
	committed, err := session.End(context.Background(), kgo.TransactionEndTry(err == nil && !aborts))
	switch {
	case err != nil:
		end(err)
	case committed:
		say("committed", len(records))
	default:
		say("aborted", len(records))
	}
}

func listen() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		gate.L.Lock()
		held = lines.Text() == "hold"
		gate.L.Unlock()
		gate.Broadcast()
	}
}

func waitWhileHeld() {
	gate.L.Lock()
	defer gate.L.Unlock()
	if held {
		say("held", true)
	}
	for held {
		gate.Wait()
	}
}

func end(err error) {
	os.Stderr.WriteString(err.Error() + "\n")
	for _, fencing := range []error{kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.InvalidTxnState} {
		if errors.Is(err, fencing) {
			say("fenced", err.Error())
			os.Exit(fencedStatus)
		}
	}
	say("failed", err.Error())
	os.Exit(1)
}

func say(what string, value any) {
	line, _ := json.Marshal(map[string]any{what: value})
	os.Stdout.Write(append(line, '\n'))
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return value
}
