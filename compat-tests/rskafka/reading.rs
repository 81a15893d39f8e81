//! Consumers of one partition, each a task that fetches.

use std::collections::HashMap;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use rskafka::client::Client;
use rskafka::record::RecordAndOffset;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::{Answer, described, partition_of, say, text};

#[derive(Default)]
pub struct Readers(HashMap<String, JoinHandle<()>>);

impl Readers {
    pub async fn assign(&mut self, client: &Client, ask: &Value) -> Answer {
        let (consumer, topic) = (text(ask, "consumer").to_owned(), text(ask, "topic").to_owned());
        let partition = ask["partition"].as_i64().unwrap_or(0);
        let mut offset = ask["offset"].as_i64().unwrap_or(0);
        let leader = partition_of(client, &topic, partition).await?;
        let name = consumer.clone();
        let task = tokio::spawn(async move {
            loop {
                match leader.fetch_records(offset, 1..10_000_000, 100).await {
                    Ok((records, _)) => {
                        offset = records.last().map_or(offset, |last| last.offset + 1);
                        if !records.is_empty() {
                            let told: Vec<_> =
                                records.iter().map(|read| told(&topic, partition, read)).collect();
                            say(json!({ "event": "records", "consumer": name, "records": told }));
                        }
                    }
                    Err(error) => {
                        let Value::Object(mut line) = described(&error) else { unreachable!() };
                        line.insert("event".into(), json!("error"));
                        line.insert("consumer".into(), json!(name));
                        say(Value::Object(line));
                        sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        });
        self.0.insert(consumer, task);
        Ok(json!({}))
    }

    pub fn close(&mut self, ask: &Value) -> Answer {
        if let Some(task) = self.0.remove(text(ask, "consumer")) {
            task.abort();
        }
        Ok(json!({}))
    }
}

fn told(topic: &str, partition: i64, read: &RecordAndOffset) -> Value {
    let base64 = |bytes: &Vec<u8>| STANDARD.encode(bytes);
    let record = &read.record;
    let headers: Vec<_> = record.headers.iter().map(|(name, value)| json!([name, base64(value)])).collect();
    json!({
        "topic": topic,
        "partition": partition,
        "offset": read.offset,
        "timestamp": record.timestamp.timestamp_millis(),
        "key": record.key.as_ref().map(base64),
        "value": record.value.as_ref().map(base64),
        "headers": headers,
    })
}
