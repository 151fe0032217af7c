//! Reads server-sent events as a browser does.

use serde_json::Value;

/// One thing that a stream said.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub id: Option<u64>,
    /// The name of an event of the ledger, or of what the stream says of itself.
    pub event: String,
    pub data: Value,
}

/// What has come of a stream and is not whole yet.
#[derive(Debug, Default)]
pub struct Heard {
    text: String,
    /// What the stream says of coming back.
    pub retry: Option<u64>,
}

impl Heard {
    /// Takes what has come and gives what is whole.
    pub fn hear(&mut self, bytes: &[u8]) -> Vec<Said> {
        self.text.push_str(std::str::from_utf8(bytes).unwrap());
        let mut said = Vec::new();
        while let Some((block, rest)) = self.text.split_once("\n\n") {
            let (mut id, mut event, mut data) = (None, String::new(), String::new());
            for line in block.lines() {
                match line.split_once(": ") {
                    Some(("id", value)) => id = Some(value.parse().unwrap()),
                    Some(("event", value)) => event = value.to_owned(),
                    Some(("data", value)) => data.push_str(value),
                    Some(("retry", value)) => self.retry = value.parse().ok(),
                    _ => assert!(line.starts_with(':'), "not of an event stream: {line:?}"),
                }
            }
            if !data.is_empty() {
                let data: Value = serde_json::from_str(&data).unwrap();
                if event.is_empty() {
                    event = data["event"].as_str().unwrap().to_owned();
                }
                said.push(Said { id, event, data });
            }
            self.text = rest.to_owned();
        }
        said
    }
}
