// Included once for each runtime, after `common.rs`.

#[test]
fn a_session_flushes_when_nothing_more_is_waiting_and_at_its_end() {
    block_on(async {
        let config = SessionConfig { heartbeat: None, ..SessionConfig::default() };
        let (sender, session): (Sender, Session) = Session::channel(config);
        let shown = Shown::default();
        let mut writing = core::pin::pin!(session.write_to(Held::new(shown.clone())));
        // Polled often enough that it has done what it can.
        let mut write = || {
            let mut cx = core::task::Context::from_waker(core::task::Waker::noop());
            (0..8).any(|_| writing.as_mut().poll(&mut cx).is_ready())
        };
        assert!(!write());
        assert_eq!(shown.text(), ":\n");
        sender.try_send("a").expect("room");
        assert!(!write());
        assert_eq!(shown.text(), ":\ndata: a\n\n");
        sender.close_with("bye");
        assert!(write());
        assert_eq!(shown.text(), ":\ndata: a\n\ndata: bye\n\n");
    });
}

#[test]
fn requests_and_responses_over_http_are_flushed() {
    let (done, came) = mpsc::channel();
    thread::spawn(move || {
        block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("an address");
            spawn(async move {
                let (stream, _) = listener.accept().await.expect("a client");
                let answer = |_| {
                    let (sender, session): (Sender, Session) = Session::channel(SessionConfig::default());
                    sender.close_with("a");
                    core::future::ready(Ok::<_, Infallible>(session.into_response()))
                };
                let io = Io::new(Held::new(stream));
                drop(http1::Builder::new().serve_connection(io, service_fn(answer)).await);
            });
            let dialler = Dialler::default();
            let dial = move |target: Target| {
                let dialler = dialler.clone();
                async move { dialler.secure(Held::new(TcpStream::connect(address).await?), &target).await }
            };
            let config = ClientConfig::get(format!("http://{address}/")).expect("a URL").max_reconnections(0);
            let mut source = EventSourceOver::new(config, HttpConnector::new(dial));
            let event = source.next().await.expect("an event").expect("no error");
            let _ = done.send(String::from(event.data()));
        });
    });
    let event = came.recv_timeout(Duration::from_secs(20));
    assert_eq!(event.as_deref(), Ok("a"), "what is not flushed does not come");
}
