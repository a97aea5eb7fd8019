#!/bin/sh
# SPDX-License-Identifier: MIT
# Ruby as Debian has it, with its library: scripts, threads and Ractors, and WEBrick, asked from the host.
. "$(dirname "$0")/common.sh"

debs ruby ruby3.1 ruby-webrick
root=$dir
ruby=/usr/bin/ruby3.1
lib=$root/usr/lib
native_environment="RUBYLIB=$lib/ruby/3.1.0:$lib/x86_64-linux-gnu/ruby/3.1.0:$lib/ruby/vendor_ruby"
environment='LC_ALL=C.UTF-8 TZ=UTC'
sample_files

program ruby "$version" "Debian's dynamic binary, --root" \
	"csv, json, yaml, erb, digests, zlib, openssl, files, signals; threads, queues, Ractors, fibers, sockets, time-outs; WEBrick under load"
cat >"$scratch/files/report.rb" <<'END'
require 'json'; require 'yaml'; require 'erb'; require 'digest'; require 'zlib'; require 'bigdecimal'
require 'set'; require 'openssl'; require 'fileutils'; require 'tempfile'; require 'date'; require 'csv'
sums = Hash.new(0)
CSV.foreach('table.csv') { |_, name, n| sums[name] += n.to_i }
File.write('report.json', JSON.pretty_generate(sums.sort.first(5).to_h))
puts JSON.parse(File.read('report.json')).values.sum, sums.values.sum
text = File.binread('numbers')
puts Digest::SHA256.hexdigest(text), Zlib.crc32(text), Zlib::Inflate.inflate(Zlib::Deflate.deflate(text)) == text
puts({ 'a' => [1, 2.5, nil, { 'b' => 'ü' }] }.to_yaml, ERB.new('<% 3.times do |i| %><%= i %>,<% end %>').result)
puts BigDecimal(2).sqrt(40).round(40).to_s, 2**521 % 1_000_007, Date.new(2024, 2, 28).next_day(2)
puts text.scan(/\b(\d)(\d)\1\b/).size, 'äöü'.upcase, 'naïve'.unicode_normalize(:nfd).length
key = OpenSSL::PKey::RSA.new(1024)
puts key.verify('SHA256', key.sign('SHA256', text), text), OpenSSL::HMAC.hexdigest('SHA1', 'key', 'text')
FileUtils.mkdir_p('deep/er'); FileUtils.cp_r('sub', 'deep/er'); puts Dir.glob('deep/**/*').sort.inspect
puts File.readlink('deep/er/sub/link'), File.stat('numbers').size; FileUtils.rm_r('deep')
Tempfile.create('x') { |f| f.write('hello'); f.flush; puts File.read(f.path) }
trap('USR1') { puts 'got USR1' }; Process.kill('USR1', $$); sleep 0.05
File.utime(0, 0, 'report.json'); GC.compact; GC.start
puts [3, 1, 2].each_slice(2).map(&:sum).inspect, ObjectSpace.each_object(Class).count > 100
exit 7
END
same programs/ruby/report /dev/null $ruby --disable-gems report.rb

cat >"$scratch/files/threads.rb" <<'END'
require 'socket'; require 'timeout'; require 'monitor'
count, lock = 0, Mutex.new
20.times.map { Thread.new { 500.times { lock.synchronize { count += 1 } } } }.each(&:join)
puts count
jobs, done = SizedQueue.new(10), Queue.new
workers = 4.times.map { Thread.new { while (n = jobs.pop) do done << n * n end } }
500.times { |i| jobs << i }; 4.times { jobs << nil }; workers.each(&:join)
puts done.size, Array.new(done.size) { done.pop }.sum
puts 4.times.map { |i| Ractor.new(i) { |x| (1..1000).sum * x } }.sum(&:take)
begin
	Timeout.timeout(0.1) { sleep 20 }
rescue Timeout::Error
	puts 'timed out'
end
enum = Enumerator.new { |y| a, b = 0, 1; loop { y << a; a, b = b, a + b } }
puts enum.lazy.select(&:even?).first(8).inspect
server = TCPServer.new('127.0.0.1', 0)
echo = Thread.new { 10.times { s = server.accept; s.puts "echo #{s.gets}"; s.close } }
puts 10.times.map { |i| Thread.new { TCPSocket.open('127.0.0.1', server.addr[1]) { |s| s.puts i; s.read } } }.map(&:value).sort
echo.join
r, w = IO.pipe
Thread.new { sleep 0.05; w << 'late'; w.close }
puts IO.select([r], nil, nil, 20) ? r.read : 'nothing'
UNIXServer.open('/tmp/mvm-ruby.' + $$.to_s) { |s| c = UNIXSocket.new(s.path); c << 'unix'; c.close; puts s.accept.read; File.unlink(s.path) }
t = Thread.new { Thread.current.report_on_exception = false; raise 'lost' }
puts((t.join rescue $!.message))
END
same programs/ruby/threads /dev/null $ruby -W0 --disable-gems threads.rb

if ! command -v curl >/dev/null; then
	skip programs/ruby/server "no curl to ask it with"
	exit 0
fi
cat >"$scratch/files/server.rb" <<'END'
# The class is loaded before there are threads: digest's own loading of it at its first use is not made for them.
require 'webrick'; require 'digest/sha2'
server = WEBrick::HTTPServer.new(Port: 8000, BindAddress: '127.0.0.1', DocumentRoot: '/data', AccessLog: [],
                                 Logger: WEBrick::Log.new(nil, 0))
server.mount_proc('/sum') { |q, a| sleep 0.02; a.body = "#{q.request_method} #{q.query_string} #{Digest::SHA256.hexdigest(q.body || '')}\n" }
trap('TERM') { server.shutdown }
server.start
END
webrick=$(cd "$root" && echo usr/share/rubygems-integration/all/gems/webrick-*/lib)
serve 8000 "--dir $scratch/files:/data:ro --cwd /data" $ruby "-I/$webrick" --disable-gems server.rb
at=http://127.0.0.1:$port
head -c 1000000 /dev/urandom >"$scratch/body"
body_sum=$(sha256sum <"$scratch/body")
for n in 1 2 3 4 5 6 7 8; do
	for i in 1 2 3; do
		limited 60 curl -sS --data-binary "@$scratch/body" "$at/sum?$n$i" 2>&1
	done >"$scratch/client.$n" &
	askers="${askers:-} $!"
done
# shellcheck disable=SC2086 # a list of words
wait $askers
sort "$scratch"/client.* >"$scratch/out"
for n in 1 2 3 4 5 6 7 8; do
	for i in 1 2 3; do
		echo "POST $n$i ${body_sum%% *}"
	done
done >"$scratch/wanted"
limited 60 curl -sS "$at/numbers" 2>>"$scratch/out" | cmp - "$scratch/files/numbers" >>"$scratch/out" 2>&1
if cmp -s "$scratch/wanted" "$scratch/out"; then
	ok programs/ruby/server
else
	bad programs/ruby/server "other answers" "$scratch/out" "$scratch/server.err"
fi
stops_well programs/ruby/stop
