package rundir

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// WriteFile writes a file so that its name never refers to half of it: the content goes to a
// temporary file beside it, then to the disk, and only then is it renamed. After an error an older
// file of that name is as it was.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	dir, name := filepath.Split(path)
	dir = filepath.Clean(dir)
	temporary := filepath.Join(dir, fmt.Sprintf(".%s.%d%s", name, os.Getpid(), temporarySuffix))
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return explain(err)
	}
	defer func() {
		if err != nil {
			err = explain(errors.Join(err, file.Close(), os.Remove(temporary)))
		}
	}()
	buffered := bufio.NewWriterSize(file, 1<<16)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return syncDir(dir)
}

const temporarySuffix = ".tmp"

// removeTemporary deletes what killed processes left half-written in dir.
func removeTemporary(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return explain(err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") && strings.HasSuffix(entry.Name(), temporarySuffix) {
			if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
				return explain(err)
			}
		}
	}
	return nil
}

// fileError is a file system error that has already been explained.
type fileError struct {
	cause  error
	remedy string
}

func (e *fileError) Error() string { return e.cause.Error() + e.remedy }
func (e *fileError) Unwrap() error { return e.cause }

// explain turns a file system error into one line that names the remedy. errors.Is still finds the
// cause. An error that has been explained, or that comes from another call of this package, stays
// as it is.
func explain(err error) error {
	if explained := (*fileError)(nil); err == nil || errors.As(err, &explained) {
		return err
	}
	remedy := ""
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		remedy = ": free some space, then resume the run"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		remedy = ": choose a folder that you may write to"
	}
	return &fileError{err, remedy}
}
