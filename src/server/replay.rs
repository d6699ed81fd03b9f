//! `csuite replay`: prints the prompt of a stored reply, and optionally asks the model again.

use similar::TextDiff;

use super::open_existing_database;
use super::upstream;
use crate::chat::service::{Replayed, replay};
use crate::fireworks::{ChatRequest, Client, Event, Message, Role};
use crate::platform::config::Config;

/// Returns the prompt and parameters of a stored reply as text. With `send`, asks again with the same model and
/// parameters and appends the difference. Stores nothing and charges no tenant.
///
/// Errors: one line with the reason.
pub async fn replay_command(
    config: &Config,
    message_id: &str,
    send: bool,
) -> Result<String, String> {
    let db = open_existing_database(config).await.map_err(|error| error.to_string())?;
    let replayed = replay(&db, message_id).await.map_err(|error| error.to_string())?;
    let mut out = shown(&replayed);
    if send {
        let (client, _emulator) =
            upstream::connect(config).await.map_err(|error| error.to_string())?;
        let answer = ask(&client, &replayed).await?;
        out.push_str(&compared(&replayed, &answer, config.fireworks.simulated()));
    }
    Ok(out)
}

/// Formats the prompt and its parameters as they were sent.
fn shown(replayed: &Replayed) -> String {
    let Replayed { prompt, memory, model, temperature, max_tokens, .. } = replayed;
    let mut out = format!(
        "model {model}, temperature {temperature}, at most {max_tokens} tokens; SHA-256 {}, as it was sent\n",
        prompt.digest()
    );
    let cut = &prompt.cut;
    if let Some(upto) = &cut.upto {
        let by = match memory {
            Some(memory) => format!("replaced by {} {}", memory.kind.as_str(), memory.id),
            None => "left out".to_owned(),
        };
        out.push_str(&format!("messages up to {upto}: {by}\n"));
    }
    if !cut.facts_left_out.is_empty() {
        out.push_str(&format!(
            "left out: {} facts: {}\n",
            cut.facts_left_out.len(),
            cut.facts_left_out.join(", ")
        ));
    }
    for Message { role, content } in &prompt.messages {
        out.push_str(&format!("\n=== {} ===\n{content}\n", name(*role)));
    }
    out
}

const fn name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// Sends the request and returns the whole reply.
async fn ask(client: &Client, replayed: &Replayed) -> Result<String, String> {
    let mut stream = client.stream(ChatRequest {
        model: Some(replayed.model.clone()),
        messages: replayed.prompt.messages.clone(),
        history: replayed.prompt.history,
        max_tokens: replayed.max_tokens,
        temperature: replayed.temperature,
        user: String::new(),
        conversation: String::new(),
    });
    let mut answer = String::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(Event::Delta(text)) => answer.push_str(&text),
            Ok(_) => {}
            Err(failure) => return Err(format!("the model did not answer: {}", failure.detail)),
        }
    }
    Ok(answer)
}

fn compared(replayed: &Replayed, answer: &str, simulated: bool) -> String {
    let by = if simulated { " by the built-in emulator" } else { "" };
    let mut out =
        format!("\n=== asked again{by}: nothing of this is stored, and nobody is charged ===\n");
    if replayed.answer == answer {
        out.push_str("The answer is the same, byte for byte.\n");
        return out;
    }
    let diff = TextDiff::from_lines(replayed.answer.as_str(), answer);
    let stored = format!("stored answer ({})", replayed.status);
    out.push_str(&diff.unified_diff().header(&stored, "answer of now").to_string());
    out
}
