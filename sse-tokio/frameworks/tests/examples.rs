//! The examples that check themselves.

#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/dashboard/main.rs"]
mod dashboard;
#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/drain.rs"]
mod drain;
#[allow(dead_code, reason = "the example's own main is not called")]
#[path = "../examples/push.rs"]
mod push;

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
