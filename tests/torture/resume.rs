//! Disconnects and resumes through a proxy with random faults. Every transcript must equal the stored text
//! byte for byte, without gaps in the event ids. Readers without access must get 404 at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use csuite_load::Outcome;
use futures_util::future::try_join_all;
use http::StatusCode;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::sleep;

use crate::member::{Ids, Member, Question, Transcript, json_of};
use crate::proxy::Proxy;
use crate::world::World;
use crate::{Finding, Scale, ensure};

/// Number of readers per reply besides the one who asks.
const COMPANIONS: usize = 2;

/// State shared by all readers.
struct Course {
    /// Connects to the server directly.
    member: Member,
    /// Connects through the proxy.
    through: Member,
    stranger: Member,
    wanted: u32,
    cuts: AtomicU32,
    transcripts: AtomicU32,
    refusals: AtomicU32,
}

pub async fn prove(scale: &Scale) -> Outcome<Finding> {
    let mut rng = scale.rng("resume");
    let world = World::new(scale, "resume", &[])?;
    let server = world.serve()?;
    let member = world.sign_up(&server, "owner").await?;
    let stranger = world.sign_up(&server, "stranger").await?;
    let proxy = Proxy::start(server.addr(), StdRng::from_rng(&mut rng)).await?;
    let course = Arc::new(Course {
        through: member.at(proxy.addr),
        member,
        stranger,
        wanted: scale.resumes,
        cuts: AtomicU32::new(0),
        transcripts: AtomicU32::new(0),
        refusals: AtomicU32::new(0),
    });
    // The number of questions in progress at any time.
    let readers = (0..if scale.long { 16 } else { 2 }).map(|_| {
        let (course, rng) = (Arc::clone(&course), StdRng::from_rng(&mut rng));
        tokio::spawn(async move { course.run(rng).await })
    });
    for reader in readers.collect::<Vec<_>>() {
        reader.await??;
    }
    let [cuts, transcripts, refusals] = [&course.cuts, &course.transcripts, &course.refusals]
        .map(|count| count.load(Ordering::Relaxed));
    Ok(Finding {
        done: format!(
            "{cuts} disconnects and resumes of {transcripts} readers, cut at random bytes, reset, half-closed, delayed"
        ),
        found: format!(
            "every transcript is the stored text to the byte, no number missing or twice; \
             a foreign reader got 404 {refusals} times of {refusals}"
        ),
    })
}

impl Course {
    /// Asks and reads until enough connections were cut.
    async fn run(&self, mut rng: StdRng) -> Outcome<()> {
        while self.cuts.load(Ordering::Relaxed) < self.wanted {
            let (tokens, speed) = (rng.random_range(50..300), rng.random_range(100..800));
            let question = Question::new(&mut rng, tokens, speed, 20);
            let mut asker = Transcript::default();
            self.ask(&question, &mut asker).await?;
            let ids = asker.ids.clone().ok_or("an answer without a start")?;
            let mut readers: Vec<_> = (0..COMPANIONS).map(|_| Transcript::default()).collect();
            readers.push(asker);
            let reading = readers.into_iter().map(|transcript| self.read(&ids, transcript));
            let (transcripts, ()) = tokio::try_join!(
                try_join_all(reading),
                self.refuse(&ids, rng.random_range(0..300))
            )?;
            let stored = self.member.stored(&ids.conversation).await?;
            ensure!(
                stored.text == question.answer(),
                "{} is stored as {:?}",
                ids.message,
                stored.text
            );
            for transcript in transcripts {
                ensure!(
                    transcript.text() == stored.text,
                    "{}: {:?}",
                    ids.message,
                    transcript.text()
                );
                ensure!(transcript.done(), "{} ended with {:?}", ids.message, transcript.end);
                self.transcripts.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Repeats the question until its start event arrives.
    async fn ask(&self, question: &Question, transcript: &mut Transcript) -> Outcome<()> {
        while transcript.ids.is_none() {
            match self.through.send(question).await {
                Ok(answer) => transcript.read(answer).await?,
                Err(_) => sleep(Duration::from_millis(2)).await,
            }
            self.cuts.fetch_add(u32::from(transcript.end.is_none()), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Reads to the end, and resumes after each cut.
    async fn read(&self, ids: &Ids, mut transcript: Transcript) -> Outcome<Transcript> {
        while transcript.end.is_none() {
            match self.through.follow(&ids.message, transcript.last()).await {
                Ok(answer) => transcript.read(answer).await?,
                Err(_) => sleep(Duration::from_millis(2)).await,
            }
            self.cuts.fetch_add(u32::from(transcript.end.is_none()), Ordering::Relaxed);
        }
        Ok(transcript)
    }

    /// Tries to read and stop the reply as another tenant's member, now and while it streams.
    async fn refuse(&self, ids: &Ids, later: u64) -> Outcome<()> {
        for wait in [0, later] {
            sleep(Duration::from_millis(wait)).await;
            let stop = format!("/c-suite/messages/{}/stop", ids.message);
            for answer in [
                self.stranger.follow(&ids.message, None).await?,
                self.stranger.follow(&ids.message, Some(3)).await?,
                self.stranger.post(&stop).await?,
            ] {
                let status = answer.status();
                let body = json_of(answer).await?;
                ensure!(
                    status == StatusCode::NOT_FOUND && body["code"] == "NOT_FOUND",
                    "a foreign reader got {status}: {body}"
                );
                self.refusals.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}
