//! HTTP/2, polled in the task of the consumer.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::{client::conn::http2, rt::Executor};

use super::{
    HttpError, Socket,
    connection::{Answer, Connection, READ_BUFFER},
    request::{Outgoing, RequestBody},
};

/// The flow-control window: how many bytes a server may send ahead of the consumer.
const WINDOW: u32 = 256 * 1024;

/// Opens a connection for one request, and sends it.
pub(super) async fn open(socket: Socket, request: Outgoing) -> Result<(Answer, Connection), HttpError> {
    let tasks = Tasks::default();
    let mut builder = http2::Builder::new(tasks.clone());
    builder.initial_connection_window_size(WINDOW).initial_stream_window_size(WINDOW);
    builder.max_header_list_size(READ_BUFFER as u32);
    let (mut sender, requests) = builder.handshake(socket).await.map_err(HttpError::Http)?;
    let request = request.into_http2()?;
    let answer = async move { sender.send_request(request).await };
    Ok((Box::pin(answer), Box::pin(Driven { requests: Some(requests), tasks })))
}

/// hyper's sender of requests, and the tasks that it would spawn, the one for the socket among them.
struct Driven {
    requests: Option<http2::Connection<Socket, RequestBody, Tasks>>,
    tasks: Tasks,
}

impl Future for Driven {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.requests.as_mut().is_some_and(|requests| Pin::new(requests).poll(cx).is_ready()) {
            self.requests = None;
        }
        self.tasks.poll(cx)
    }
}

/// The tasks of one connection, run by whoever polls the connection.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<Vec<Task>>>);

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Tasks {
    /// Polls all tasks, and those that they start. It is ready when none is left.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiting = Vec::new();
        loop {
            let mut due = mem::take(&mut *self.lock());
            if due.is_empty() {
                break;
            }
            due.retain_mut(|task| task.as_mut().poll(cx).is_pending());
            waiting.append(&mut due);
        }
        let done = waiting.is_empty();
        *self.lock() = waiting;
        if done { Poll::Ready(()) } else { Poll::Pending }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Task>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.lock().push(Box::pin(async move {
            task.await;
        }));
    }
}
