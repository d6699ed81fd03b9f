//! The list of conversations: pins, the archive, deletion with undo, and the search, through the API and pages.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{TestApp, User, eventually};
use crate::upstream::{self, Server};

impl User<'_> {
    async fn begin(&self, title: &str) -> String {
        let body = json!({ "personaType": "cfo", "title": title });
        let made = self.api(Method::POST, "/c-suite/conversations").json(&body).send().await;
        made.unwrap().json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
    }

    async fn change(&self, id: &str, change: Value) {
        let path = format!("/c-suite/conversations/{id}");
        let changed = self.api(Method::PATCH, &path).json(&change).send().await.unwrap();
        assert_eq!(changed.status(), StatusCode::OK, "{change}");
    }

    async fn delete(&self, id: &str) {
        let path = format!("/c-suite/conversations/{id}");
        let gone = self.api(Method::DELETE, &path).send().await.unwrap();
        assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    }

    async fn restore(&self, id: &str) -> StatusCode {
        let path = format!("/c-suite/conversations/{id}/restore");
        self.api(Method::POST, &path).send().await.unwrap().status()
    }

    /// Returns the titles that a list of the API holds.
    async fn titles(&self, query: &str) -> Vec<String> {
        let page = self.get_json(&format!("/c-suite/conversations{query}")).await;
        let data = page["data"].as_array().unwrap().iter();
        data.map(|one| one["title"].as_str().unwrap().to_owned()).collect()
    }

    /// Searches and returns the result.
    async fn search(&self, words: &str) -> Vec<Value> {
        let q: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
        let found = self.get_json(&format!("/c-suite/conversations/search?q={q}")).await;
        found["data"].as_array().unwrap().clone()
    }

    async fn arrange(&self, referer: &str, id: &str, change: &str) -> String {
        let fields = [("conversation_id", id), ("change", change)];
        let done = self.form("arrange_conversation", referer, &fields).await;
        assert_eq!(done.status(), StatusCode::FOUND, "{change}");
        let to = done.headers()[header::LOCATION].to_str().unwrap();
        let path = to.strip_prefix(self.app.url.as_str()).unwrap_or(to);
        // Leptos leaves the mark of an empty query.
        path.trim_end_matches('?').to_owned()
    }
}

/// Returns where a text begins in a page.
fn place(page: &str, text: &str) -> usize {
    page.find(text).unwrap_or_else(|| panic!("{text} is missing in {page}"))
}

#[tokio::test]
async fn pinned_conversations_come_first_on_pages_and_by_date_in_the_api() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.begin("Pinned one").await;
    user.begin("Newest one").await;
    user.change(&first, json!({ "pinned": true })).await;
    assert_eq!(user.titles("").await, ["Newest one", "Pinned one"]);
    assert_eq!(user.titles("?pinned=true").await, ["Pinned one"]);
    assert_eq!(user.titles("?pinned=false").await, ["Newest one"]);
    for path in ["/chat", "/conversations"] {
        let page = user.page(path).await;
        assert!(place(&page, ">Pinned one<") < place(&page, ">Newest one<"), "{path}");
        assert!(place(&page, ">Pinned</h") < place(&page, ">Recent</h"), "{path}");
    }
}

#[tokio::test]
async fn an_archived_conversation_leaves_the_list_and_comes_back() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let id = user.begin("Old matter").await;
    assert_eq!(user.arrange("/conversations", &id, "archive").await, "/conversations");
    assert!(!user.page("/chat").await.contains("Old matter"));
    assert!(!user.page("/conversations").await.contains("Old matter"));
    assert!(user.page("/conversations?show=archived").await.contains("Old matter"));
    assert_eq!(user.titles("?archived=true").await, ["Old matter"]);
    let open = user.page(&format!("/chat/{id}")).await;
    assert!(open.contains("This conversation is archived."), "it can still be read");
    assert_eq!(user.search("matter").await.len(), 1, "and found");
    user.arrange("/conversations?show=archived", &id, "unarchive").await;
    assert!(user.page("/chat").await.contains("Old matter"));
}

#[tokio::test]
async fn a_deleted_conversation_is_gone_at_once_and_can_be_restored_whole() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let started = user.ask("Shall we bake rye bread?").await.started();
    let id = started.conversation.as_str();
    let messages = user.get_json(&format!("/c-suite/conversations/{id}/messages")).await;
    user.delete(id).await;
    for (method, path) in [
        (Method::GET, format!("/c-suite/conversations/{id}")),
        (Method::GET, format!("/c-suite/conversations/{id}/messages")),
        (Method::PATCH, format!("/c-suite/conversations/{id}")),
        (Method::DELETE, format!("/c-suite/conversations/{id}")),
        (Method::GET, format!("/c-suite/messages/{}/events", started.message)),
        (Method::POST, format!("/c-suite/messages/{}/retry", started.message)),
        (Method::POST, format!("/c-suite/messages/{}/select", started.message)),
    ] {
        let gone = user.api(method.clone(), &path).json(&json!({})).send().await.unwrap();
        assert_eq!(gone.status(), StatusCode::NOT_FOUND, "{method} {path}");
    }
    let body = json!({ "message": "Go on", "conversationId": id });
    let ask = user.ask_with(body).send().await.unwrap();
    assert_eq!(ask.status(), StatusCode::NOT_FOUND);
    let page = user.browse(Method::GET, &format!("/chat/{id}")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(user.titles("").await.is_empty() && user.search("rye").await.is_empty());
    assert!(!user.page("/chat").await.contains("rye bread"));

    assert_eq!(user.restore(id).await, StatusCode::OK);
    let restored = user.get_json(&format!("/c-suite/conversations/{id}/messages")).await;
    assert_eq!(restored, messages);
    assert_eq!(user.restore(id).await, StatusCode::NOT_FOUND, "it is not deleted any more");
}

#[tokio::test]
async fn after_its_time_a_deleted_conversation_is_gone_for_good() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let id = user.ask("Shall we bake rye bread?").await.started().conversation;
    user.delete(&id).await;
    app.purge_deleted().await;
    assert_eq!(user.restore(&id).await, StatusCode::NOT_FOUND);
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(app.database());
    let mut database =
        <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    let left: i64 = sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM conversations) + (SELECT COUNT(*) FROM messages)
              + (SELECT COUNT(*) FROM prompt_parts) + (SELECT COUNT(*) FROM search_entries)",
    )
    .fetch_one(&mut database)
    .await
    .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_running_reply_ends_with_the_deletion_and_keeps_its_text_for_a_restore() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let running = user.ask_and_leave("Never mind #tokens=5000 #speed=50").await;
    user.delete(&running.conversation).await;
    assert_eq!(user.restore(&running.conversation).await, StatusCode::OK);
    let path = format!("/c-suite/conversations/{}/messages", running.conversation);
    eventually("the reply's end", || async {
        user.get_json(&path).await["data"][1]["status"] == "stopped"
    })
    .await;
    assert!(!user.get_json(&path).await["data"][1]["content"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn a_deletion_is_undone_without_javascript() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let id = user.begin("By mistake").await;
    let notice = "name=\"change\" value=\"restore\"";
    let to = user.arrange(&format!("/conversations/{id}"), &id, "delete").await;
    assert_eq!(to, format!("/conversations?deleted={id}"));
    let page = user.page(&to).await;
    assert!(page.contains("By mistake") && page.contains(notice), "{page}");
    assert_eq!(user.arrange(&to, &id, "restore").await, format!("/chat/{id}"));
    assert!(!user.page(&to).await.contains(notice), "nothing is left to undo");

    let (open, fields) = (format!("/chat/{id}"), [("conversation_id", id.as_str())]);
    let done = user.form("delete_conversation", &open, &fields).await;
    let to = done.headers()[header::LOCATION].to_str().unwrap().to_owned();
    assert_eq!(to, format!("/chat?deleted={id}"));
    assert!(user.page(&to).await.contains(notice));
    assert!(user.page("/conversations?show=deleted").await.contains("By mistake"));
    assert!(!user.page("/chat").await.contains("By mistake"), "only where it was just deleted");
}

#[tokio::test]
async fn nobody_else_finds_pins_or_restores_a_conversation() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.with_member().await, app.with_member().await);
    let id = owner.ask("Our secret recipe").await.started().conversation;
    assert!(stranger.search("secret").await.is_empty());
    assert!(!stranger.page("/conversations?q=secret").await.contains("recipe"));
    let path = format!("/c-suite/conversations/{id}");
    let pin = stranger.api(Method::PATCH, &path).json(&json!({ "pinned": true })).send().await;
    assert_eq!(pin.unwrap().status(), StatusCode::NOT_FOUND);
    for change in ["pin", "archive", "delete"] {
        stranger.arrange("/conversations", &id, change).await;
    }
    let options =
        stranger.browse(Method::GET, &format!("/conversations/{id}")).send().await.unwrap();
    assert_eq!(options.status(), StatusCode::NOT_FOUND);
    let kept = owner.get_json(&path).await;
    assert_eq!((&kept["pinned"], &kept["archived"]), (&json!(false), &json!(false)));
    owner.delete(&id).await;
    assert_eq!(stranger.restore(&id).await, StatusCode::NOT_FOUND);
    stranger.arrange("/conversations", &id, "restore").await;
    assert!(!stranger.page(&format!("/chat?deleted={id}")).await.contains("recipe"));
    assert!(!stranger.page("/conversations?show=deleted").await.contains("recipe"));
    let still = owner.api(Method::GET, &path).send().await.unwrap();
    assert_eq!(still.status(), StatusCode::NOT_FOUND, "it stays deleted");
    assert_eq!(owner.restore(&id).await, StatusCode::OK);
}

#[tokio::test]
async fn search_results_name_the_conversation_and_mark_the_match() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let started = user.ask("How much rye <b>flour</b> & water do we need?").await.started();
    user.begin("Flour suppliers").await;
    let found = user.search("FLOUR").await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["conversation"]["title"], "Flour suppliers", "titles come first");
    assert_eq!(found[0]["titleMatches"], true);
    let messages = found[1]["messages"].as_array().unwrap();
    let question = messages.iter().find(|message| message["role"] == "user").unwrap();
    assert_eq!(question["shown"], true);
    let parts = question["excerpt"].as_array().unwrap();
    assert!(
        parts.iter().any(|part| *part == json!({ "text": "flour", "match": true })),
        "{parts:?}"
    );

    let page = user.page("/conversations?q=flour").await;
    assert!(page.contains("<mark>flour</mark>") && page.contains("<mark>Flour</mark>"), "{page}");
    let link =
        format!("/chat/{}#message-{}", started.conversation, question["id"].as_str().unwrap());
    assert!(page.contains(&link), "{page}");
    assert!(page.contains("CEO · ") && page.contains("CFO · "), "the adviser and the date");
}

#[tokio::test]
async fn hostile_and_empty_searches_are_answered_calmly() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    user.ask("What about price or profit?").await;
    let long = "word ".repeat(1_000);
    for words in [
        "\"",
        "price\" OR \"",
        "* price",
        "NEAR(price, 2)",
        "title:price",
        "<script>x</script>",
        "%27;--",
        &long,
    ] {
        let q: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
        let page = user.page(&format!("/conversations?q={q}")).await;
        assert!(page.contains("match") && !page.contains("<script>x"), "{words}");
    }
    for (q, status) in
        [("", 400), ("?q=", 400), ("?q=%22*", 400), ("?q=a&limit=51", 400), ("?q=%00", 400)]
    {
        let path = format!("/c-suite/conversations/search{q}");
        let refused = user.api(Method::GET, &path).send().await.unwrap();
        assert_eq!(refused.status().as_u16(), status, "{q}");
    }
    let empty = user.page("/conversations?q=xylophone").await;
    assert!(empty.contains("No conversation matches") && empty.contains("Try fewer words"));
    assert!(user.page("/conversations?q=").await.contains("What about price or profit?"));
}

#[tokio::test]
async fn two_conversations_that_begin_the_same_are_told_apart_by_adviser_and_date() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for adviser in ["ceo", "cfo"] {
        let body = json!({ "message": "Hello, how do we **grow**? Tell me more." });
        let path = format!("/c-suite/{adviser}/chat");
        user.api(Method::POST, &path).json(&body).send().await.unwrap().text().await.unwrap();
    }
    assert_eq!(user.titles("").await, ["How do we grow?", "How do we grow?"]);
    let page = user.page("/chat").await;
    assert!(page.contains(">CEO · ") && page.contains(">CFO · "), "{page}");
}

/// A model that answers questions and writes titles.
async fn model(title: &'static str) -> Server {
    Server::start(move |body, _| {
        let asked = body["messages"].to_string();
        let text = if asked.contains("Write the title.") { title } else { "Well." };
        upstream::events([
            json!({ "choices": [{ "delta": { "content": text }, "finish_reason": "stop" }] }),
        ])
    })
    .await
}

fn titles_asked(server: &Server) -> usize {
    let bodies = server.bodies();
    bodies.iter().filter(|body| body["messages"].to_string().contains("Write the title.")).count()
}

#[tokio::test]
async fn the_model_names_a_new_conversation_once_after_its_first_reply() {
    let server = model("\"Second shop in spring\"").await;
    let settings = [("FIREWORKS_BASE_URL", server.base.as_str()), ("MODEL_TITLES", "1")];
    let app = TestApp::start_with(&settings).await;
    let user = app.with_member().await;
    let id =
        user.ask("Should we open a second shop when spring comes?").await.started().conversation;
    let titles = || user.titles("");
    eventually("the title", || async { titles().await == ["Second shop in spring"] }).await;
    user.ask_with(json!({ "message": "And then?", "conversationId": id }))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(titles_asked(&server), 1, "later questions ask for none");
    let usage = user.get_json("/c-suite/usage").await;
    assert_eq!(usage["totals"]["replies"], 2, "a title is no reply");
}

#[tokio::test]
async fn a_title_of_more_than_six_words_is_not_used() {
    let server = model("This title has clearly more words than six").await;
    let settings = [("FIREWORKS_BASE_URL", server.base.as_str()), ("MODEL_TITLES", "1")];
    let app = TestApp::start_with(&settings).await;
    let user = app.with_member().await;
    user.ask("Second shop?").await;
    eventually("the request", || async { titles_asked(&server) == 1 }).await;
    assert_eq!(user.titles("").await, ["Second shop?"]);
}

#[tokio::test]
async fn no_title_is_asked_for_that_the_budget_does_not_allow() {
    let server = model("Second shop").await;
    let settings = [("FIREWORKS_BASE_URL", server.base.as_str()), ("MODEL_TITLES", "1")];
    let app = TestApp::start_with(&settings).await;
    let user = app.with_member().await;
    // The smallest budget that allows the question has no room for a title and a next question.
    let mut dollars = 0.0005;
    loop {
        let budget = format!("{dollars:.4}");
        user.form("set_budgets", "/admin/usage", &[("monthly", &budget)]).await;
        let asked = user.ask_with(json!({ "message": "Second shop?" })).send().await.unwrap();
        if asked.status() == StatusCode::OK {
            asked.text().await.unwrap();
            break;
        }
        assert_eq!(asked.status(), StatusCode::PAYMENT_REQUIRED);
        dollars += 0.0005;
    }
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(titles_asked(&server), 0);
    assert_eq!(user.titles("").await, ["Second shop?"]);
}
