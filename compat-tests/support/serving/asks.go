package serving

import (
	"encoding/json"
	"slices"
)

// Header travels as a pair of a name and base64 or null.
type Header struct {
	Name  string
	Value []byte
}

func (header Header) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]any{header.Name, header.Value})
}

func (header *Header) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[2]any{&header.Name, &header.Value})
}

// Record is one that was read.
type Record struct {
	Topic     string   `json:"topic"`
	Partition int32    `json:"partition"`
	Offset    int64    `json:"offset"`
	Timestamp int64    `json:"timestamp"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   []Header `json:"headers"`
}

// SentRecord is one that shall be written.
type SentRecord struct {
	Partition *int32
	Timestamp *int64
	Key       []byte
	Value     []byte
	Headers   []Header
}

// HasEmpty says whether its key, its value or a header is empty and not null.
func (record SentRecord) HasEmpty() bool {
	empty := func(bytes []byte) bool { return bytes != nil && len(bytes) == 0 }
	inHeader := func(header Header) bool { return empty(header.Value) }
	return empty(record.Key) || empty(record.Value) || slices.ContainsFunc(record.Headers, inHeader)
}

// Topic is asked by the steps about topics; each uses the fields that it has.
type Topic struct {
	Topic      string
	Partitions int32
	Configs    map[string]*string
}

// Partition is asked by the steps about one partition.
type Partition struct {
	Topic     string
	Partition int32
	Timestamp int64
	Group     string
}

// Produce asks for records to be written.
type Produce struct {
	Topic      string
	Records    []SentRecord
	Codec      string
	Acks       *int16
	Idempotent bool
	MaxBytes   int32
}

// AllAcks is what is meant when acks are not named.
func (ask Produce) AllAcks() int16 {
	if ask.Acks == nil {
		return -1
	}
	return *ask.Acks
}

// Limit is the size that the client itself may refuse.
func (ask Produce) Limit() int32 {
	if ask.MaxBytes == 0 {
		return 1_000_000
	}
	return ask.MaxBytes
}

// Assign asks for one partition to be read from an offset.
type Assign struct {
	Consumer  string
	Topic     string
	Partition int32
	Offset    int64
}

// Subscribe asks for a group to be joined.
type Subscribe struct {
	Consumer         string
	Group            string
	Topics           []string
	Pattern          string
	Follows          bool
	Assignor         string
	InstanceID       string
	SessionTimeoutMs int
	AutoCommitMs     *int
}

// SessionTimeout is half a minute when it is not named.
func (ask Subscribe) SessionTimeout() int {
	if ask.SessionTimeoutMs == 0 {
		return 30_000
	}
	return ask.SessionTimeoutMs
}

// Consumer is asked by the steps about a consumer that exists.
type Consumer struct {
	Consumer string
}
