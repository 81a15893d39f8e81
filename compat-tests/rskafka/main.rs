//! rskafka as a driver of the matrix: lines in, answers out, one step after the other (see matrix/steps.ts).

mod reading;
mod writing;

use std::sync::Arc;

use chrono::DateTime;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

use reading::Readers;

/// Why a step has no answer.
pub enum Failure {
    Cannot(&'static str),
    Client(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Client(error)
    }
}

pub type Answer = Result<Value, Failure>;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let bootstrap = std::env::args().nth(1).expect("a bootstrap address");
    let client = ClientBuilder::new(vec![bootstrap]).build().await.expect("a broker");
    let mut readers = Readers::default();
    say(json!({ "ready": { "version": version() } }));
    let mut lines = BufReader::new(stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let ask: Value = serde_json::from_str(&line).expect("a line of JSON");
        let id = &ask["id"];
        say(match answer(&client, &mut readers, &ask).await {
            Ok(answer) => json!({ "id": id, "answer": answer }),
            Err(Failure::Cannot(why)) => json!({ "id": id, "cannot": why }),
            Err(Failure::Client(error)) => json!({ "id": id, "error": described(&error) }),
        });
    }
}

pub fn say(line: Value) {
    println!("{line}");
}

/// An error as it is told, with Kafka's code where the broker sent one.
pub fn described(error: &Error) -> Value {
    let code = match error {
        Error::ServerError { protocol_error, .. } => {
            (1..200).find(|code| ProtocolError::new(*code) == Some(*protocol_error))
        }
        _ => None,
    };
    json!({ "code": code, "message": error.to_string() })
}

pub fn text<'a>(ask: &'a Value, name: &str) -> &'a str {
    ask[name].as_str().unwrap_or_default()
}

pub async fn partition_of(
    client: &Client,
    topic: &str,
    partition: i64,
) -> Result<Arc<PartitionClient>, Error> {
    let found = client.partition_client(topic, partition as i32, UnknownTopicHandling::Error).await?;
    Ok(Arc::new(found))
}

async fn answer(client: &Client, readers: &mut Readers, ask: &Value) -> Answer {
    let topic = text(ask, "topic");
    match text(ask, "step") {
        "createTopic" => {
            if ask["configs"].as_object().is_some_and(|configs| !configs.is_empty()) {
                return Err(Failure::Cannot("no settings of topics"));
            }
            let partitions = ask["partitions"].as_i64().unwrap_or(1) as i32;
            client.controller_client()?.create_topic(topic, partitions, 1, 5_000).await?;
            Ok(json!({}))
        }
        "deleteTopic" => {
            client.controller_client()?.delete_topic(topic, 5_000).await?;
            Ok(json!({}))
        }
        "listTopics" => {
            let names: Vec<_> = client.list_topics().await?.into_iter().map(|topic| topic.name).collect();
            Ok(json!({ "topics": names }))
        }
        "describeTopic" => {
            let found = client.list_topics().await?.into_iter().find(|found| found.name == topic);
            Ok(json!({ "partitions": found.map_or(0, |found| found.partitions.len()) }))
        }
        "watermarks" => Ok(json!({
            "low": offset(client, ask, OffsetAt::Earliest).await?,
            "high": offset(client, ask, OffsetAt::Latest).await?,
        })),
        "offsetAt" => {
            let time = DateTime::from_timestamp_millis(ask["timestamp"].as_i64().unwrap_or(0));
            Ok(json!({ "offset": offset(client, ask, OffsetAt::Timestamp(time.expect("a time"))).await? }))
        }
        "produce" => writing::produce(client, ask).await,
        "assign" => readers.assign(client, ask).await,
        "close" => readers.close(ask),
        "growTopic" => Err(Failure::Cannot("no growTopic")),
        _ => Err(Failure::Cannot("no groups")),
    }
}

async fn offset(client: &Client, ask: &Value, at: OffsetAt) -> Result<i64, Error> {
    let partition = ask["partition"].as_i64().unwrap_or(0);
    partition_of(client, text(ask, "topic"), partition).await?.get_offset(at).await
}

/// The version that Cargo.lock holds it to.
fn version() -> &'static str {
    let (_, after) =
        include_str!("Cargo.lock").split_once("name = \"rskafka\"\nversion = \"").unwrap_or_default();
    after.split('"').next().unwrap_or_default()
}
