//! The page's feed: one event stream that carries a member's replies and notices to all windows of
//! a browser.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use serde_json::Value;

use crate::support::{EventReader, TestApp, User};

const SLOW: &str = "Slowly #tokens=5000 #speed=50";

/// Reads until a line satisfies `wanted`, for ten seconds at most.
async fn find(feed: &mut EventReader, wanted: impl Fn(&Value) -> bool) -> Value {
    let search = async {
        loop {
            let line = feed.next().await.expect("the feed goes on").data;
            if wanted(&line) {
                return line;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), search).await.expect("a line in good time")
}

async fn stop(user: &User<'_>, message: &str) {
    let path = format!("/c-suite/messages/{message}/stop");
    assert_eq!(user.api(Method::POST, &path).send().await.unwrap().status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn one_feed_carries_all_running_replies_of_its_member_and_nobody_elses() {
    let app = TestApp::start().await;
    let (user, stranger) = (app.with_member().await, app.with_member().await);
    let foreign = stranger.ask_and_leave(SLOW).await;
    let mut running = BTreeSet::new();
    for _ in 0..8 {
        running.insert(user.ask_and_leave("Eight at once #tokens=60 #speed=40").await.message);
    }
    let mut feed = user.feed().await;
    let hello = feed.next().await.unwrap().data;
    let greeted: BTreeSet<_> = hello["hello"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| pair[0].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(greeted, running);
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut ended = BTreeSet::new();
    while ended != running {
        let line = feed.next().await.expect("the feed goes on").data;
        let reply = line["reply"].as_str().unwrap().to_owned();
        assert_ne!(reply, foreign.message);
        if let Some(html) = line["block"]["html"].as_str() {
            texts.insert(reply.clone(), html.to_owned());
        }
        if !line["end"].is_null() {
            assert_eq!(line["end"]["status"], "complete");
            ended.insert(reply);
        }
    }
    assert!(texts.values().all(|html| html.contains("w59")), "{texts:?}");
}

#[tokio::test]
async fn a_question_asked_elsewhere_appears_in_the_feed() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let mut feed = user.feed().await;
    assert_eq!(feed.next().await.unwrap().data["hello"], serde_json::json!([]));
    let asked = user.ask("Hello #tokens=3").await.started();
    let told = feed.next().await.unwrap().data;
    assert_eq!(told["asked"], asked.conversation.as_str());
    assert_eq!(told["reply"], asked.message.as_str());
    find(&mut feed, |line| line["end"]["status"] == "complete").await;
}

#[tokio::test]
async fn a_deletion_appears_in_the_feed_before_its_reply_ends() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let running = user.ask_and_leave(SLOW).await;
    let mut feed = user.feed().await;
    find(&mut feed, |line| !line["block"].is_null()).await;
    let path = format!("/c-suite/conversations/{}", running.conversation);
    let gone = user.api(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let first = find(&mut feed, |line| !line["deleted"].is_null() || !line["end"].is_null()).await;
    assert_eq!(first["deleted"], running.conversation.as_str());
    find(&mut feed, |line| line["end"]["status"] == "stopped").await;
}

#[tokio::test]
async fn a_reply_without_text_says_for_how_long_it_has_been_thinking() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let mut feed = user.feed().await;
    let asking = async { user.ask("Think first #think=2500 #tokens=3").await.started() };
    let watching = async {
        let asked = find(&mut feed, |line| !line["asked"].is_null()).await;
        let next = feed.next().await.unwrap().data;
        assert_eq!(next["wait"]["seconds"], 0, "{next}");
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let page = user.page(&format!("/chat/{}", asked["asked"].as_str().unwrap())).await;
        assert!(page.contains("Thinking…") && page.contains("data-seconds=\"1\""), "{page}");
        // A reader that joins now receives the elapsed seconds.
        let mut other = user.feed().await;
        let told = find(&mut other, |line| !line["wait"].is_null()).await;
        assert!(told["wait"]["seconds"].as_u64().unwrap() >= 1, "{told}");
        let next = find(&mut feed, |line| line["wait"].is_null()).await;
        assert_eq!(
            next["block"]["index"], 0,
            "nothing is said between the wait and the text: {next}"
        );
    };
    tokio::join!(asking, watching);
}

#[tokio::test]
async fn the_feed_ends_soon_after_its_member_has_signed_out() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    user.ask_and_leave(SLOW).await;
    let mut feed = user.feed().await;
    find(&mut feed, |line| !line["block"].is_null()).await;
    user.form("sign_out", "/chat", &[]).await;
    let ended = async { while feed.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(3), ended).await.expect("the feed ends by itself");
    let again = user.browse(Method::GET, "/chat/feed").send().await.unwrap();
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_page_of_an_earlier_visitor_gets_nothing_of_the_one_signed_in_now() {
    let app = TestApp::start().await;
    let (user, other) = (app.with_member().await, app.with_member().await);
    let page = other.page("/chat").await;
    let key = page.split("data-member=\"").nth(1).unwrap().split('"').next().unwrap();
    let path = format!("/chat/feed?member={key}");
    let refused = user.browse(Method::GET, &path).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(other.browse(Method::GET, &path).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn page_scripts_are_immutable_and_the_worker_may_connect() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for (page, names) in [("/chat", &["chat", "hub"][..]), ("/profile", &["drafts"])] {
        let html = user.page(page).await;
        for name in names {
            let from = html
                .find(&format!("/scripts/{name}.js?v="))
                .unwrap_or_else(|| panic!("{page}: {name}"));
            let address = html[from..].split('"').next().unwrap();
            let response = app.get(address).await;
            assert_eq!(response.status(), StatusCode::OK, "{address}");
            let headers = response.headers();
            assert!(headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
            let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.contains("connect-src 'self'"), "{policy}");
        }
    }
}

#[tokio::test]
async fn without_scripts_typed_text_survives_a_streaming_reply() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let running = user.ask_and_leave(SLOW).await;
    let address = format!("/chat/{}", running.conversation);
    let refreshes = "http-equiv=\"refresh\"";
    let page = user.page(&address).await;
    assert!(page.contains(refreshes) && page.contains("?write=1"), "nothing can be typed there");
    let writing = format!("{address}?write=1");
    assert!(!user.page(&writing).await.contains(refreshes));
    let typed = [("conversation_id", running.conversation.as_str()), ("message", "And <then>?")];
    let kept = user.form("keep_draft", &writing, &typed).await;
    assert_eq!(kept.headers()[header::LOCATION], writing.as_str());
    let page = user.page(&writing).await;
    assert!(page.contains("And &lt;then&gt;?</textarea>") && !page.contains(refreshes), "{page}");
    // Stop stores the draft as well.
    let typed = [typed[0], typed[1], ("stop", running.message.as_str())];
    user.form("keep_draft", &writing, &typed).await;
    let path = format!("/c-suite/messages/{}/events", running.message);
    let mut events = EventReader::new(user.api(Method::GET, &path).send().await.unwrap());
    while let Some(event) = events.next().await {
        assert_ne!(event.name, "done");
    }
    let page = user.page(&writing).await;
    assert!(page.contains("And &lt;then&gt;?</textarea>"), "{page}");
    assert!(page.contains("data-status=\"stopped\""), "{page}");
}

#[tokio::test]
async fn typed_text_is_kept_only_for_its_author() {
    let app = TestApp::start().await;
    let (user, stranger) = (app.with_member().await, app.with_member().await);
    let running = user.ask_and_leave(SLOW).await;
    let fields = [("conversation_id", running.conversation.as_str()), ("message", "Mine")];
    stranger.form("keep_draft", "/chat", &fields).await;
    assert!(!stranger.page("/chat").await.contains("Mine"), "a foreign conversation keeps nothing");
    stop(&user, &running.message).await;
}

#[tokio::test]
async fn changes_of_blocks_go_only_to_pages_that_understand_them() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let now = user.browse(Method::GET, "/chat/feed?splices=true").send().await.unwrap();
    let (mut now, mut before) = (EventReader::new(now), user.feed().await);
    let asking = user.ask("A long paragraph #markdown=60 #speed=120");
    let watching = async {
        let splices = async |feed: &mut EventReader| {
            let mut splices = 0;
            loop {
                let line = feed.next().await.expect("the feed goes on").data;
                splices += u32::from(!line["splice"].is_null());
                if !line["end"].is_null() {
                    return splices;
                }
            }
        };
        tokio::join!(splices(&mut now), splices(&mut before))
    };
    let (_, (now, before)) = tokio::join!(asking, watching);
    assert!(now > 5 && before == 0, "{now} and {before} changes");
}
