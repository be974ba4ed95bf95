//! Pages in a real browser, headless: the dashboard, and a page over the flags server of sse-smol. Each shows the snapshot that
//! it begins with, then a change, and is right again after its connection was cut or its server was started anew.
//!
//! ```sh
//! cargo run -p sse-tokio-frameworks --example pages                     # any browser of the Chromium family on the path
//! cargo run -p sse-tokio-frameworks --example pages -- --pictures /tmp  # with a picture of each page
//! ```
//!
//! The exit code is 0 if all was as it has to be, 1 if not, and 2 if there is no browser.

#[allow(dead_code, reason = "nothing is installed here")]
#[path = "../../../../conformance/examples/browser/browser.rs"]
mod browser;
#[allow(dead_code, reason = "the bounds of the dashboard are not asked for here")]
#[path = "../dashboard/server.rs"]
mod dashboard;
#[path = "../../../../sse-smol/examples/flags/server.rs"]
mod flags;
mod watcher;

use std::{
    env,
    error::Error,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use serde_json::json;
use tokio::{net::TcpListener, sync::oneshot};

use self::{
    browser::{Browser, Missing},
    dashboard::{Figures, TOPICS},
    watcher::Watcher,
};

#[tokio::main]
async fn main() -> ExitCode {
    let program = match browser::find() {
        Ok(program) => program,
        Err(Missing(why)) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let arguments: Vec<String> = env::args().skip(1).collect();
    let pictures = match &arguments[..] {
        [] => None,
        [option, folder] if option == "--pictures" => Some(PathBuf::from(folder)),
        _ => {
            eprintln!("usage: pages [--pictures FOLDER]");
            return ExitCode::from(2);
        }
    };
    let run = async {
        show_the_dashboard(&program, pictures.as_deref()).await?;
        show_the_flags(&program, pictures.as_deref()).await
    };
    match run.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A page of another origin is looked into, and gets events of a third one.
const ARGUMENTS: [&str; 1] = ["--disable-web-security"];

async fn show_the_dashboard(program: &PathBuf, pictures: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let watcher = Watcher::start().await?;
    let publish = |figures: &Figures, first: u64| {
        (first..).zip(TOPICS).try_for_each(|(step, topic)| figures.publish(topic, &json!({ "step": step, "value": 7 })))
    };
    let figures = Figures::default();
    publish(&figures, 1)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let url = format!("http://{address}/");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(dashboard::serve(listener, figures.clone(), async { drop(stopped.await) }));

    let _browser = Browser::open(program, &watcher.page(&url), &ARGUMENTS)?;
    watcher.sees("the dashboard begins with a snapshot", &["open", "(step 1)", "(step 2)", "(step 3)"]).await?;
    publish(&figures, 4)?;
    watcher.sees("the dashboard shows changes", &["(step 4)", "(step 5)", "(step 6)"]).await?;
    picture(program, pictures, "dashboard", &url)?;

    stop.send(()).map_err(|()| "the server has ended")?;
    server.await?;
    watcher.sees("the dashboard has lost its server", &["connecting", "(step 4)"]).await?;
    let figures = Figures::default();
    publish(&figures, 10)?;
    tokio::spawn(dashboard::serve(TcpListener::bind(address).await?, figures.clone(), std::future::pending()));
    watcher.sees("the dashboard is right again", &["open", "(step 10)", "(step 11)", "(step 12)"]).await?;
    publish(&figures, 13)?;
    watcher.sees("the dashboard shows changes again", &["(step 13)", "(step 14)", "(step 15)"]).await
}

async fn show_the_flags(program: &PathBuf, pictures: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let watcher = Watcher::start().await?;
    let server = flags::Server::default();
    server.set("dark", true)?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let serve = |listener: std::net::TcpListener, server: flags::Server| {
        let listener = smol::net::TcpListener::try_from(listener)?;
        Ok::<_, std::io::Error>(smol::spawn(server.serve(listener)))
    };
    let serving = serve(listener, server.clone())?;

    let url = watcher.flags_page(&format!("http://{address}/"));
    let _browser = Browser::open(program, &watcher.page(&url), &ARGUMENTS)?;
    watcher.sees("the flags begin with all of them", &["dark is on"]).await?;
    server.set("dark", false)?;
    server.set("beta", true)?;
    watcher.sees("the flags change", &["dark is off", "beta is on"]).await?;
    picture(program, pictures, "flags", &url)?;
    server.log.disconnect("sdk");
    server.set("beta", false)?;
    watcher.sees("the flags are right after the connection was cut", &["dark is off", "beta is off"]).await?;

    serving.cancel().await;
    server.log.disconnect("sdk");
    let other = flags::Server::default();
    other.set("new", true)?;
    let listener = std::net::TcpListener::bind(address)?;
    let _serving = serve(listener, other)?;
    watcher.sees("the flags are those of another server", &["new is on", "1 flags"]).await
}

/// Has the browser take a picture of a page.
fn picture(program: &Path, folder: Option<&Path>, name: &str, url: &str) -> Result<(), Box<dyn Error>> {
    let Some(folder) = folder else { return Ok(()) };
    let file = folder.join(format!("{name}.png"));
    let mut command = Command::new(program);
    command.args(["--headless", "--disable-gpu", "--no-sandbox", "--timeout=3000", "--window-size=800,600"]);
    command.args(ARGUMENTS).arg(format!("--user-data-dir={}", folder.join("profile").display()));
    command.arg(format!("--screenshot={}", file.display())).arg(url);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    println!("{} ({status})", file.display());
    Ok(())
}
