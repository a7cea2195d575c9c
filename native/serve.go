package native

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/native/internal/pageserver"
	"pixelda-wgpu/web"
)

// newServe is the command serve.
func newServe(c *console.Console) *cobra.Command {
	var address, folder, sets string
	cmd := &cobra.Command{
		Use:   "serve [FLAGS]",
		Short: "serve the page that trains in a browser",
		Long: `Serves the page that trains PixelDA in a browser tab, until Ctrl-C. Browsers
offer WebGPU only to pages that come over https or from the browser's own
machine: to other machines the page must be served through a proxy that adds
https.`,
		Example: `pixelda-wgpu serve
pixelda-wgpu serve -addr 127.0.0.1:9000 -sets packed/`,
		Args: console.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			page, err := web.Page()
			if folder != "" {
				page, err = os.DirFS(folder), nil
				if _, missing := fs.Stat(page, "index.html"); missing != nil {
					err = fmt.Errorf("there is no page in %s: %w", folder, missing)
				}
			}
			if err != nil {
				return err
			}
			files := &pageserver.Server{Page: page}
			if sets != "" {
				if info, err := os.Stat(sets); err != nil || !info.IsDir() {
					return fmt.Errorf("-sets %s is not a folder", sets)
				}
				files.Sets = os.DirFS(sets)
			}
			return serve(c, address, files)
		},
	}
	cmd.Flags().StringVar(&address, "addr", "127.0.0.1:8080",
		"listen on `HOST:PORT` (default: 127.0.0.1:8080; port 0 picks a free one)")
	cmd.Flags().StringVar(&sets, "sets", "", "serve the packed sets (.pxds) in `FOLDER` beside the page")
	cmd.Flags().StringVar(&folder, "page", "", "serve the page in `FOLDER` instead of the built-in one")
	return cmd
}

// serve answers requests until it is interrupted.
func serve(c *console.Console, address string, handler http.Handler) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("cannot listen on %s (%w); choose another with -addr", address, err)
	}
	c.Printf("The page is at http://%s/ until Ctrl-C.\n", listener.Addr())
	if host, _, _ := net.SplitHostPort(listener.Addr().String()); !net.ParseIP(host).IsLoopback() {
		c.Printf("Other machines can open it, but their browsers train only over https.\n")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(end) // what is still being sent then is cut off
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the page: %w", err)
	}
	return nil
}
