//! The examples that check themselves.

#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/chat/main.rs"]
mod chat;
#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/dashboard/main.rs"]
mod dashboard;
#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/drain.rs"]
mod drain;
#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/mcp/main.rs"]
mod mcp;
#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/metrics.rs"]
mod metrics;
#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/ported/main.rs"]
mod ported;
#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/push.rs"]
mod push;
#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/relay/main.rs"]
mod relay;

#[tokio::test]
async fn a_chat_tells_its_endings_apart_and_a_cancelled_one_reaches_the_server() {
    chat::run().await.unwrap();
}

#[tokio::test]
async fn a_dashboard_gets_its_topics_and_what_it_missed() {
    dashboard::check().await.unwrap();
}

#[tokio::test]
async fn a_handler_pushes_six_events_and_a_farewell() {
    push::check().await.unwrap();
}

#[tokio::test]
async fn a_server_stops_and_tells_its_clients() {
    drain::check().await.unwrap();
}

#[tokio::test]
async fn a_call_whose_stream_is_cut_is_resumed_by_get() {
    mcp::run().await.unwrap();
}

#[tokio::test]
async fn metrics_count_sessions_of_every_kind() {
    metrics::run().await.unwrap();
}

#[tokio::test]
async fn a_ported_program_prints_what_it_printed() {
    ported::run().await.unwrap();
}

#[tokio::test]
async fn a_relay_keeps_comments_times_and_ids() {
    relay::run().await.unwrap();
}
