// SPDX-License-Identifier: MIT

// What Go's runtime and library do with goroutines and sockets: `server check` prints lines that are the
// same wherever it runs, `server serve ADDRESS DIR` is an HTTP server until it gets SIGTERM.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func goroutines() {
	var wait sync.WaitGroup
	var lock sync.Mutex
	total := 0
	for i := 0; i < 10000; i++ {
		wait.Add(1)
		go func(n int) {
			defer wait.Done()
			lock.Lock()
			defer lock.Unlock()
			total += n
		}(i)
	}
	wait.Wait()
	fmt.Println("goroutines", total)
}

// A pipeline: each stage passes on what its prime does not divide.
func sieve(n int) {
	first := make(chan int)
	go func() {
		for i := 2; ; i++ {
			first <- i
		}
	}()
	numbers := first
	prime := 0
	for i := 0; i < n; i++ {
		prime = <-numbers
		next := make(chan int)
		go func(in, out chan int, prime int) {
			for k := range in {
				if k%prime != 0 {
					out <- k
				}
			}
		}(numbers, next, prime)
		numbers = next
	}
	fmt.Println("sieve", prime)
}

// Goroutines that never call anything must let the others in: preempted by a signal.
func spinners() {
	var stop int32
	var wait sync.WaitGroup
	for i := 0; i < 4; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for n := 0; atomic.LoadInt32(&stop) == 0; n++ {
			}
		}()
	}
	time.Sleep(50 * time.Millisecond)
	atomic.StoreInt32(&stop, 1)
	wait.Wait()
	fmt.Println("spinners stopped")
}

func timeouts() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	select {
	case <-ctx.Done():
		fmt.Println("context", ctx.Err())
	case <-time.After(20 * time.Second):
		fmt.Println("too late")
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	for i := 0; i < 5; i++ {
		<-ticker.C
	}
	ticker.Stop()
	fmt.Println("ticked")
}

func garbage() {
	kept := map[int][]byte{}
	for i := 0; i < 20000; i++ {
		kept[i%100] = make([]byte, 4096+i%1000)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Println("garbage", len(kept), m.NumGC > 0, m.HeapAlloc < 64<<20)
	defer func() { fmt.Println("recovered", recover()) }()
	var nothing *struct{ field int }
	nothing.field = 1
}

func signals() {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println("signal", <-got)
	signal.Stop(got)
}

func files() {
	if err := os.WriteFile("made", []byte("by go\n"), 0o600); err != nil {
		panic(err)
	}
	var names []string
	filepath.Walk(".", func(path string, info os.FileInfo, err error) error {
		names = append(names, path)
		return err
	})
	sort.Strings(names)
	fmt.Println("files", names)
}

// Client and server in one program, by the loopback device and by a socket in the file system.
func loopback(network, address string) {
	listener, err := net.Listen(network, address)
	if err != nil {
		fmt.Println(network, err)
		return
	}
	server := &http.Server{Handler: handler(".")}
	go server.Serve(listener)
	client := http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial(network, listener.Addr().String())
	}}}
	var wait sync.WaitGroup
	var good int64
	for i := 0; i < 20; i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			for k := 0; k < 10; k++ {
				answer, err := client.Get("http://guest/sum?n=" + strconv.Itoa(i*10+k))
				if err != nil {
					fmt.Println(err)
					return
				}
				text, _ := io.ReadAll(answer.Body)
				answer.Body.Close()
				n := i*10 + k
				if string(text) == fmt.Sprintf("{\"n\":%d,\"sum\":%d}\n", n, n*(n+1)/2) {
					atomic.AddInt64(&good, 1)
				}
			}
		}(i)
	}
	wait.Wait()
	fmt.Println(network, "answers", good, server.Shutdown(context.Background()))
}

func handler(dir string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/files/", http.StripPrefix("/files/", http.FileServer(http.Dir(dir))))
	mux.HandleFunc("/sum", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.FormValue("n"))
		parts := make(chan int)
		for i := 0; i < 4; i++ {
			go func(i int) {
				sum := 0
				for k := i; k <= n; k += 4 {
					sum += k
				}
				parts <- sum
			}(i)
		}
		sum := <-parts + <-parts + <-parts + <-parts
		json.NewEncoder(w).Encode(struct {
			N   int `json:"n"`
			Sum int `json:"sum"`
		}{n, sum})
	})
	mux.HandleFunc("/sha256", func(w http.ResponseWriter, r *http.Request) {
		hash := sha256.New()
		n, err := io.Copy(hash, r.Body)
		fmt.Fprintf(w, "%x %d %v\n", hash.Sum(nil), n, err)
	})
	return mux
}

func serve(address, dir string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("serving at", listener.Addr())
	server := &http.Server{Handler: handler(dir)}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		server.Shutdown(context.Background())
	}()
	fmt.Println(server.Serve(listener))
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == "serve" {
		serve(os.Args[2], os.Args[3])
		return
	}
	goroutines()
	sieve(200)
	spinners()
	timeouts()
	garbage()
	signals()
	files()
	loopback("tcp", "127.0.0.1:0")
	// Not here: a granted directory of the host may not get sockets.
	loopback("unix", filepath.Join(os.TempDir(), fmt.Sprint("go-socket-", os.Getpid())))
}
