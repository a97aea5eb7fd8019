#!/bin/sh
# SPDX-License-Identifier: MIT
# OpenJDK 17 as Debian has it: javac, and what it has compiled, with the just-in-time compiler, the garbage
# collector and its threads.  Only in the full run: 140 MB to fetch.
. "$(dirname "$0")/common.sh"

if ! full; then
	skip programs/java "140 MB to fetch: make test-programs-full runs it"
	exit 0
fi
debs java openjdk-17-jdk-headless
root=$dir
bin=/usr/lib/jvm/java-17-openjdk-amd64/bin
vm_args='--allow-wx --mem 2G'

program java "$version" "Debian's dynamic binary, --root" \
	"javac; pools of threads, parallel streams, HTTP server and client, mapped files, watches, signatures, overflow of stack and heap, timers"
mkdir "$scratch/files"
cat >"$scratch/files/Work.java" <<'END'
import com.sun.net.httpserver.HttpServer;
import java.io.*;
import java.net.*;
import java.net.http.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.nio.file.*;
import java.security.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import java.util.zip.*;

public class Work {
	static int deep(int n) { return deep(n + 1) + 1; }

	static long pool() throws Exception {
		var pool = Executors.newFixedThreadPool(8);
		var jobs = IntStream.range(0, 16).mapToObj(n -> pool.submit(() -> {
			long s = 0;
			for (int k = 0; k < 2000000; k++)
				s += k % (n + 2);
			return s;
		})).toList();
		long sum = 0;
		for (var j : jobs)
			sum += j.get();
		pool.shutdown();
		return sum;
	}

	static String http() throws Exception {
		var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
		var pool = Executors.newFixedThreadPool(4);
		server.createContext("/", x -> {
			byte[] answer = (x.getRequestURI() + " " + x.getRequestBody().readAllBytes().length).getBytes();
			x.sendResponseHeaders(200, answer.length);
			x.getResponseBody().write(answer);
			x.close();
		});
		server.setExecutor(pool);
		server.start();
		var client = HttpClient.newHttpClient();
		var asked = IntStream.range(0, 10).mapToObj(i -> client.sendAsync(HttpRequest.newBuilder(
			URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + i))
			.POST(HttpRequest.BodyPublishers.ofString("x".repeat(i * 10000))).build(),
			HttpResponse.BodyHandlers.ofString())).toList();
		var text = new StringJoiner(",");
		for (var a : asked)
			text.add(a.get().body());
		server.stop(0);
		pool.shutdown();
		return text.toString();
	}

	static String files() throws Exception {
		Path p = Path.of("mapped");
		Files.writeString(p, "hello\n".repeat(1000));
		try (var ch = FileChannel.open(p, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
			var map = ch.map(FileChannel.MapMode.READ_WRITE, 0, 6000);
			map.put(0, (byte)'J');
			map.force();
			try (var lock = ch.lock()) {
				if (!lock.isValid())
					return "no lock";
			}
		}
		String found;
		try (var w = FileSystems.getDefault().newWatchService()) {
			Path.of(".").register(w, StandardWatchEventKinds.ENTRY_CREATE);
			Files.writeString(Path.of("new"), "x");
			found = w.poll(20, TimeUnit.SECONDS).pollEvents().get(0).context().toString();
		}
		Files.delete(Path.of("new"));
		return Files.readString(p).substring(0, 5) + " " + Files.size(p) + " " + found;
	}

	static void limits() {
		try {
			Object none = null;
			none.toString();
		} catch (NullPointerException e) {
			System.out.println("null");
		}
		try {
			deep(0);
		} catch (StackOverflowError e) {
			System.out.println("stack");
		}
		try {
			for (var all = new ArrayList<long[]>(); ; )
				all.add(new long[10000000]);
		} catch (OutOfMemoryError e) {
			System.out.println("heap");
		}
		long kept = 0;
		for (int i = 0; i < 50; i++) {
			byte[][] x = new byte[1000][];
			for (int j = 0; j < 1000; j++)
				x[j] = new byte[1000];
			kept += x[i].length;
		}
		System.gc();
		System.out.println(kept);
	}

	static boolean signature() throws Exception {
		var g = KeyPairGenerator.getInstance("RSA");
		g.initialize(2048);
		var keys = g.generateKeyPair();
		var s = Signature.getInstance("SHA256withRSA");
		s.initSign(keys.getPrivate());
		s.update(new byte[10]);
		byte[] signed = s.sign();
		s.initVerify(keys.getPublic());
		s.update(new byte[10]);
		return s.verify(signed);
	}

	static void waiting() throws Exception {
		var ticks = Executors.newScheduledThreadPool(1);
		var five = new CountDownLatch(5);
		ticks.scheduleAtFixedRate(five::countDown, 0, 5, TimeUnit.MILLISECONDS);
		five.await();
		ticks.shutdown();
		var sleeper = new Thread(() -> {
			try {
				Thread.sleep(100000);
			} catch (InterruptedException e) {
				System.out.println("interrupted");
			}
		});
		sleeper.start();
		sleeper.interrupt();
		sleeper.join();
		var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
		var at = UnixDomainSocketAddress.of("/tmp/socket");
		server.bind(at);
		var client = SocketChannel.open(at);
		client.write(ByteBuffer.wrap("unix".getBytes()));
		var got = ByteBuffer.allocate(10);
		server.accept().read(got);
		System.out.println(new String(got.array(), 0, got.position()));
	}

	public static void main(String[] args) throws Exception {
		System.out.println(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(new byte[100000])));
		System.out.println(pool());
		var counts = new ConcurrentHashMap<Integer, Integer>();
		IntStream.range(0, 100000).parallel().forEach(i -> counts.merge(i % 97, 1, Integer::sum));
		System.out.println(counts.size() + " " + counts.get(96));
		System.out.println(http());
		System.out.println(files());
		limits();
		System.out.println(signature());
		int[] numbers = new Random(1).ints(500000).toArray();
		Arrays.parallelSort(numbers);
		System.out.println(numbers[777]);
		var deflater = new Deflater();
		deflater.setInput(new byte[100000]);
		deflater.finish();
		System.out.println(deflater.deflate(new byte[1000]));
		waiting();
		try {
			new ProcessBuilder("/bin/true").start();
		} catch (IOException e) {
			System.out.println("no second process");
		}
		Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("end")));
		System.exit(7);
	}
}
END
java() {
	vm "$vm_args --dir $scratch/files:/data --cwd /data" "$@" </dev/null >"$scratch/out" 2>"$scratch/err"
}
if java $bin/javac -J-Xmx256m Work.java && [ -s "$scratch/files/Work.class" ] && [ ! -s "$scratch/err" ]; then
	ok programs/java/javac
else
	bad programs/java/javac "nothing was compiled" "$scratch/out" "$scratch/err"
fi
java $bin/java -Xmx256m Work
ended=$?
cat >"$scratch/wanted" <<'END'
9192c25b734fcbadbe32dadc28089c60db0e39f90cc20ce2e5733f57261acc0c
135999902
97 1030
/0 0,/1 10000,/2 20000,/3 30000,/4 40000,/5 50000,/6 60000,/7 70000,/8 80000,/9 90000
Jello 6000 new
null
stack
heap
50000
true
-2140635539
120
interrupted
unix
no second process
end
END
if [ $ended -eq 7 ] && cmp -s "$scratch/wanted" "$scratch/out"; then
	ok programs/java/work
else
	bad programs/java/work "status $ended, or other output" "$scratch/out" "$scratch/err"
fi
