//! A proxy between reader and server that simulates network faults.

use std::net::SocketAddr;
use std::time::Duration;

use csuite_load::Outcome;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// The fault of one connection.
struct Fate {
    /// Number of response bytes that pass before the fault.
    bytes: usize,
    /// Maximum size of a write.
    piece: usize,
    /// Delay before each write.
    delay: Duration,
    end: End,
}

#[derive(Clone, Copy)]
enum End {
    /// Closes both directions regularly.
    Close,
    /// Resets the reader's connection.
    Reset,
    /// Closes the direction to the reader while the server goes on sending for a while.
    HalfClose,
    /// Closes the direction to the server, then keeps both connections idle for a while.
    Silence,
}

impl Fate {
    /// Draws a random fault, from within the response head to a few hundred events later.
    fn draw(rng: &mut StdRng) -> Self {
        let most = [60, 1_000, 8_000][rng.random_range(0..3)];
        let piece = [1, 7, 64, 16 * 1_024][rng.random_range(0..4)];
        let slow = piece >= 64 && rng.random_ratio(1, 4);
        Self {
            bytes: rng.random_range(0..most),
            piece,
            delay: Duration::from_millis(if slow { rng.random_range(1..4) } else { 0 }),
            end: [End::Close, End::Reset, End::HalfClose, End::Silence][rng.random_range(0..4)],
        }
    }
}

/// A running proxy. Closed on drop.
pub struct Proxy {
    pub addr: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub async fn start(server: SocketAddr, mut rng: StdRng) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let accepting = tokio::spawn(async move {
            while let Ok((reader, _)) = listener.accept().await {
                let rng = StdRng::from_rng(&mut rng);
                // Broken connections are the purpose of the proxy.
                tokio::spawn(async move { pass(reader, server, rng).await.ok() });
            }
        });
        Ok(Self { addr, accepting })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn pass(mut reader: TcpStream, server: SocketAddr, mut rng: StdRng) -> Outcome<()> {
    let Fate { bytes, piece, delay, end } = Fate::draw(&mut rng);
    let mut upstream = TcpStream::connect(server).await?;
    reader.set_nodelay(true)?;
    let (mut from_server, mut to_server) = upstream.split();
    let (mut from_reader, mut to_reader) = reader.split();
    let down = async {
        let mut left = bytes;
        let mut buffer = vec![0; piece];
        while left > 0 {
            let most = piece.min(left);
            let count = from_server.read(&mut buffer[..most]).await?;
            if count == 0 {
                return Ok(());
            }
            // Even a zero sleep costs a timer tick, and a write may be a single byte.
            if !delay.is_zero() {
                sleep(delay).await;
            }
            to_reader.write_all(&buffer[..count]).await?;
            left -= count;
        }
        std::io::Result::Ok(())
    };
    tokio::select! {
        passed = down => passed?,
        // The reader is gone, or has shut down its write side and still listens.
        _ = copy(&mut from_reader, &mut to_server) => return Ok(()),
    }
    match end {
        End::Close => {}
        End::Reset => reader.set_zero_linger()?,
        End::HalfClose => {
            reader.shutdown().await?;
            sleep(Duration::from_millis(rng.random_range(0..50))).await;
        }
        End::Silence => {
            upstream.shutdown().await?;
            sleep(Duration::from_millis(rng.random_range(0..50))).await;
        }
    }
    Ok(())
}
