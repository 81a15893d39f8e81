//! Records that are written with rskafka.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use rskafka::client::Client;
use rskafka::client::partition::Compression;
use rskafka::record::Record;
use serde_json::{Value, json};

use crate::{Answer, Failure, partition_of, text};

pub async fn produce(client: &Client, ask: &Value) -> Answer {
    if ask["idempotent"] == json!(true) {
        return Err(Failure::Cannot("no idempotent producer"));
    }
    if ask["acks"].as_i64().unwrap_or(-1) != -1 {
        return Err(Failure::Cannot("only acks=-1"));
    }
    let mut batches: BTreeMap<i64, Vec<Record>> = BTreeMap::new();
    let asked = ask["records"].as_array().expect("records");
    for record in asked {
        batches.entry(partition(record)).or_default().push(sent(record)?);
    }
    let mut stored = BTreeMap::new();
    for (partition, records) in batches {
        let leader = partition_of(client, text(ask, "topic"), partition).await?;
        stored.insert(partition, leader.produce(records, compression(ask)).await?.into_iter());
    }
    let offsets: Vec<_> = asked.iter().map(|record| stored.get_mut(&partition(record))?.next()).collect();
    Ok(json!({ "offsets": offsets }))
}

/// rskafka leaves the choice of a partition to its user.
fn partition(record: &Value) -> i64 {
    record["partition"].as_i64().unwrap_or(0)
}

fn compression(ask: &Value) -> Compression {
    match text(ask, "codec") {
        "gzip" => Compression::Gzip,
        "snappy" => Compression::Snappy,
        "lz4" => Compression::Lz4,
        "zstd" => Compression::Zstd,
        _ => Compression::NoCompression,
    }
}

fn bytes(base64: &Value) -> Option<Vec<u8>> {
    base64.as_str().map(|text| STANDARD.decode(text).expect("base64"))
}

fn sent(record: &Value) -> Result<Record, Failure> {
    let mut headers = BTreeMap::new();
    for header in record["headers"].as_array().into_iter().flatten() {
        let value = bytes(&header[1]).ok_or(Failure::Cannot("no null in headers"))?;
        if headers.insert(header[0].as_str().unwrap_or_default().to_owned(), value).is_some() {
            return Err(Failure::Cannot("one value a header"));
        }
    }
    let timestamp = record["timestamp"].as_i64().and_then(DateTime::from_timestamp_millis);
    let (key, value) = (bytes(&record["key"]), bytes(&record["value"]));
    Ok(Record { key, value, headers, timestamp: timestamp.unwrap_or_else(Utc::now) })
}
