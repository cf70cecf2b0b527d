//! The limit: a server that gives prepared frames to everybody, over the same WebSocket library
//! with the same buffers, and does nothing else.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use futures_util::{SinkExt, StreamExt};
use tasks::Scope;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::{
    accept_async_with_config,
    tungstenite::{Message, Utf8Bytes, protocol::WebSocketConfig},
};

/// Frames waiting for one viewer: enough for a stop of some seconds on a busy machine.
const QUEUE_FRAMES_MAX: usize = 1_024;

type Viewers = Arc<Mutex<Vec<mpsc::Sender<Utf8Bytes>>>>;

/// Gives every text frame that a viewer sends to all viewers, as the same bytes.
pub async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "ready at http://{}", listener.local_addr()?)?;
    let scope = Scope::root("raw server");
    let viewers = Viewers::default();
    loop {
        let (stream, _) = listener.accept().await?;
        let viewers = viewers.clone();
        scope.spawn("viewer", async move {
            let _gone = viewer(stream, viewers).await;
        });
    }
}

async fn viewer(stream: TcpStream, viewers: Viewers) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    let mut socket = accept_async_with_config(stream, Some(config)).await?;
    let (sender, mut frames) = mpsc::channel(QUEUE_FRAMES_MAX);
    viewers.lock().expect("no panic while it is held").push(sender);
    loop {
        tokio::select! {
            Some(frame) = frames.recv() => socket.send(Message::Text(frame)).await?,
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let viewers = viewers.lock().expect("no panic while it is held");
                    for viewer in viewers.iter() {
                        let _full_fails_the_audit = viewer.try_send(text.clone());
                    }
                }
                Some(Ok(_)) => {}
                _ => return Ok(()),
            },
        }
    }
}
