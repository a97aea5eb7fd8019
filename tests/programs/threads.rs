// SPDX-License-Identifier: MIT
// What Rust's standard library does with threads, each line the same whenever and wherever it runs.
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::thread;
use std::time::{Duration, Instant};

fn mutexes() {
    let total = Arc::new(Mutex::new(0u64));
    let workers: Vec<_> = (0..16u64)
        .map(|i| {
            let total = Arc::clone(&total);
            thread::spawn(move || {
                for k in 0..2000 {
                    *total.lock().unwrap() += k * i;
                    if k % 100 == 0 {
                        thread::yield_now();
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    println!("mutex {}", total.lock().unwrap());
}

fn channels() {
    let (to_workers, jobs) = mpsc::sync_channel::<u64>(8);
    let jobs = Arc::new(Mutex::new(jobs));
    let (results, sums) = mpsc::channel();
    for _ in 0..4 {
        let (jobs, results) = (Arc::clone(&jobs), results.clone());
        thread::spawn(move || loop {
            let job = jobs.lock().unwrap().recv();
            match job {
                Ok(n) => results.send((1..=n).filter(|k| n % k == 0).sum::<u64>()).unwrap(),
                Err(_) => break,
            }
        });
    }
    drop(results);
    let producer = thread::spawn(move || (1..=500).for_each(|n| to_workers.send(n).unwrap()));
    producer.join().unwrap();
    println!("channels {}", sums.iter().sum::<u64>());
    let (_keep, nothing) = mpsc::channel::<()>();
    println!("time-out {:?}", nothing.recv_timeout(Duration::from_millis(20)));
}

fn conditions() {
    let pair = Arc::new((Mutex::new(0u32), Condvar::new()));
    let players: Vec<_> = (0..4u32)
        .map(|me| {
            let pair = Arc::clone(&pair);
            thread::spawn(move || {
                for _ in 0..250 {
                    let mut turn = pair.0.lock().unwrap();
                    while *turn % 4 != me {
                        turn = pair.1.wait(turn).unwrap();
                    }
                    *turn += 1;
                    pair.1.notify_all();
                }
            })
        })
        .collect();
    for player in players {
        player.join().unwrap();
    }
    println!("condition {}", pair.0.lock().unwrap());
    let (guard, result) = {
        let guard = pair.0.lock().unwrap();
        pair.1.wait_timeout(guard, Duration::from_millis(10)).unwrap()
    };
    println!("condition timed out {} at {}", result.timed_out(), *guard);
}

fn barriers() {
    let barrier = Arc::new(Barrier::new(8));
    let phase = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let (barrier, phase) = (Arc::clone(&barrier), Arc::clone(&phase));
            thread::spawn(move || {
                (0..50).filter(|_| {
                    phase.fetch_add(1, Ordering::SeqCst);
                    let leader = barrier.wait().is_leader();
                    let whole = phase.load(Ordering::SeqCst) % 8 == 0;
                    barrier.wait();
                    assert!(whole);
                    leader
                }).count()
            })
        })
        .collect();
    println!("barrier {}", workers.into_iter().map(|w| w.join().unwrap()).sum::<usize>());
}

fn locks() {
    let map = RwLock::new(BTreeMap::new());
    let reads = AtomicU64::new(0);
    thread::scope(|scope| {
        for i in 0..4 {
            let (map, reads) = (&map, &reads);
            scope.spawn(move || {
                for k in 0..200 {
                    map.write().unwrap().insert(k * 4 + i, i);
                    reads.fetch_add(map.read().unwrap().contains_key(&(k * 4 + i)) as u64, Ordering::Relaxed);
                }
            });
        }
    });
    println!("rwlock {} entries, {} reads", map.read().unwrap().len(), reads.into_inner());
}

fn lives() {
    thread_local!(static OWN: RefCell<Vec<u32>> = RefCell::new(Vec::new()));
    let sums: Vec<usize> = (0..4)
        .map(|i| thread::spawn(move || {
            (0..=i).for_each(|k| OWN.with(|own| own.borrow_mut().push(k)));
            OWN.with(|own| own.borrow().len())
        }))
        .map(|t| t.join().unwrap())
        .collect();
    println!("thread-local {:?}, here {}", sums, OWN.with(|own| own.borrow().len()));
    std::panic::set_hook(Box::new(|_| ()));
    let died = thread::Builder::new().name("doomed".into()).spawn(|| panic!("on purpose")).unwrap().join();
    println!("panic {:?}", died.unwrap_err().downcast_ref::<&str>());
    static ONCE: Once = Once::new();
    let count = AtomicUsize::new(0);
    thread::scope(|s| (0..20).for_each(|_| { s.spawn(|| ONCE.call_once(|| { count.fetch_add(1, Ordering::SeqCst); })); }));
    println!("once {}", count.into_inner());
    let sleeper = thread::spawn(|| { thread::park(); thread::park_timeout(Duration::from_millis(5)); 7 });
    sleeper.thread().unpark();
    println!("unparked {}", sleeper.join().unwrap());
    let started = Instant::now();
    thread::sleep(Duration::from_millis(30));
    println!("slept {}", started.elapsed() >= Duration::from_millis(30));
}

fn many() {
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..10 {
        let threads: Vec<_> = (0..100)
            .map(|_| {
                let done = Arc::clone(&done);
                thread::Builder::new().stack_size(64 << 10).spawn(move || done.fetch_add(1, Ordering::SeqCst)).unwrap()
            })
            .collect();
        threads.into_iter().for_each(|t| { t.join().unwrap(); });
    }
    println!("threads {}", done.load(Ordering::SeqCst));
    // Spins until another thread, which must be let in, says that it is enough.
    let enough = Arc::new(AtomicU64::new(0));
    let other = Arc::clone(&enough);
    let t = thread::spawn(move || { thread::sleep(Duration::from_millis(10)); other.store(1, Ordering::SeqCst) });
    while enough.load(Ordering::SeqCst) == 0 {
        std::hint::spin_loop();
    }
    t.join().unwrap();
    println!("a spinning thread starves nobody");
}

fn files() {
    let parts: Vec<_> = (0..8u8)
        .map(|i| thread::spawn(move || {
            let name = format!("part{}", i);
            let mut f = std::fs::File::create(&name).unwrap();
            (0..100).for_each(|k| writeln!(f, "{} {}", i, k).unwrap());
            drop(f);
            std::fs::read_to_string(&name).unwrap().lines().count()
        }))
        .collect();
    println!("files {:?}", parts.into_iter().map(|p| p.join().unwrap()).collect::<Vec<_>>());
}

fn main() {
    mutexes();
    channels();
    conditions();
    barriers();
    locks();
    lives();
    many();
    files();
}
