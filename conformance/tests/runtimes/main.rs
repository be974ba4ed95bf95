//! One source file, three runtimes: what differs between them is the `use` lines below.

mod tokio {
    use sse_tokio as sse;
    use tokio::net::{TcpListener, TcpStream};

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(work)
    }

    fn spawn(work: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(work);
    }

    include!("common.rs");
}

mod smol {
    use smol::{
        block_on,
        net::{TcpListener, TcpStream},
    };
    use sse_smol as sse;

    fn spawn(work: impl Future<Output = ()> + Send + 'static) {
        smol::spawn(work).detach();
    }

    include!("common.rs");
}

mod async_std {
    use async_std::{
        net::{TcpListener, TcpStream},
        task::block_on,
    };
    use sse_asyncstd as sse;

    fn spawn(work: impl Future<Output = ()> + Send + 'static) {
        async_std::task::spawn(work);
    }

    include!("common.rs");
}
