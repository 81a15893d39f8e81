// Package serving is the loop of a driver in Go: lines in, answers out, one step after the other (see matrix/steps.ts).
package serving

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
)

// Cannot says why the client cannot express the step as it was asked.
type Cannot string

func (reason Cannot) Error() string { return string(reason) }

// Step answers one line.
type Step func(line []byte) (any, error)

// Of makes a step of a function whose argument has the fields of the line that it needs.
func Of[Ask any](act func(Ask) (any, error)) Step {
	return func(line []byte) (any, error) {
		var ask Ask
		if err := json.Unmarshal(line, &ask); err != nil {
			return nil, err
		}
		return act(ask)
	}
}

// Done is the answer of a step that has nothing to tell.
type Done struct{}

var output sync.Mutex

func say(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Printf("%s\n", text)
}

// Serve answers until the input ends, then closes what the driver holds. Code gives Kafka's code of an error, or nil.
func Serve(version string, steps map[string]Step, code func(error) *int16, close func()) {
	say(map[string]any{"ready": map[string]any{"version": version}})
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			break
		}
		say(answer(line, steps, code))
	}
	close()
}

func answer(line []byte, steps map[string]Step, code func(error) *int16) any {
	var asked struct {
		ID   int
		Step string
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		panic(err)
	}
	var answer any
	var err error = Cannot("no " + asked.Step)
	if step, known := steps[asked.Step]; known {
		answer, err = step(line)
	}
	var cannot Cannot
	if errors.As(err, &cannot) {
		return map[string]any{"id": asked.ID, "cannot": cannot}
	}
	if err != nil {
		failed := map[string]any{"code": code(err), "message": err.Error()}
		return map[string]any{"id": asked.ID, "error": failed}
	}
	return map[string]any{"id": asked.ID, "answer": answer}
}

// Version is that of the client's module, which the driver was built with.
func Version(module string) string {
	built, _ := debug.ReadBuildInfo()
	for _, used := range built.Deps {
		if used.Path == module {
			return strings.TrimPrefix(used.Version, "v")
		}
	}
	return ""
}

// TellRecords says what a consumer has read.
func TellRecords(consumer string, records []Record) {
	say(map[string]any{"event": "records", "consumer": consumer, "records": records})
}

// TellPartitions says which partitions a consumer got ("assigned") or lost ("revoked").
func TellPartitions(event, consumer string, topics map[string][]int32) {
	pairs := [][2]any{}
	for topic, partitions := range topics {
		for _, partition := range partitions {
			pairs = append(pairs, [2]any{topic, partition})
		}
	}
	say(map[string]any{"event": event, "consumer": consumer, "partitions": pairs})
}

// TellError says what went wrong in a consumer.
func TellError(consumer string, err error, code *int16) {
	say(map[string]any{"event": "error", "consumer": consumer, "code": code, "message": err.Error()})
}
