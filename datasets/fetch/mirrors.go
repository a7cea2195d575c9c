package fetch

import (
	_ "embed"
	"strings"

	"pixelda-wgpu/datasets/read"
)

// Remote is a data set with public homes on the network. These sets are not part of this program;
// each keeps its own licence.
type Remote struct {
	Name    string // what Open and Download call it, and its folder
	Title   string
	Licence string
	Home    string
	Needs   []string       // the sets that this one is made from
	Sources [][]RemoteFile // alternatives, best first: the files of any one suffice
}

// RemoteFile is one file to fetch. A file is checked by the strongest sum that
// is known for it; with none, a .gz file by its own checksum.
type RemoteFile struct {
	Path   string // below the set's folder
	Size   int64  // bytes; 0: not known
	SHA256 string
	MD5    string // where only this was ever published
	URLs   []string
}

// Remotes lists the sets that Download knows.
func Remotes() []Remote {
	return []Remote{
		{
			Name: "mnist", Title: "MNIST handwritten digits", Licence: "CC BY-SA 3.0",
			Home:    "http://yann.lecun.com/exdb/mnist/",
			Sources: [][]RemoteFile{mnistFiles()},
		},
		{
			Name: "usps", Title: "USPS handwritten digits, original split",
			Licence: "none stated; customary for research",
			Home:    "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass.html#usps",
			Sources: [][]RemoteFile{
				{ // MD5 as torchvision pins them
					{Path: "usps.bz2", MD5: "ec16c51db3855ca6c91edd34d0e9b197", URLs: []string{libsvm + "usps.bz2"}},
					{Path: "usps.t.bz2", MD5: "8ea070ee2aca1ac39742fdd1ef5ed118",
						URLs: []string{libsvm + "usps.t.bz2"}},
				},
				{
					{Path: "zip.train.gz", URLs: statLearn("zip.train.gz")},
					{Path: "zip.test.gz", URLs: statLearn("zip.test.gz")},
				},
			},
		},
		{
			Name: "bsds500", Title: "BSDS500 training photographs", Licence: "non-commercial research and education",
			Home: "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/resources.html",
			Sources: [][]RemoteFile{
				bsdsPhotos(),
				{{
					Path: read.BSDSArchive, Size: 70763455,
					SHA256: "97e49d31764f3912f0c4122707d53062ac9e783ba0f095e447a4d53c1a41af8e",
					URLs: []string{
						"https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/BSR_bsds500.tgz",
						"http://www.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/BSR_bsds500.tgz",
					},
				}},
			},
		},
		{
			Name: "mnist-m", Title: "MNIST-M, made from MNIST and BSDS500", Licence: "that of MNIST and BSDS500",
			Home: "http://yaroslav.ganin.net/", Needs: []string{"mnist", "bsds500"},
		},
	}
}

func mnistFiles() []RemoteFile {
	files := []RemoteFile{
		{Path: "train-images-idx3-ubyte.gz", Size: 9912422,
			SHA256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
		{Path: "train-labels-idx1-ubyte.gz", Size: 28881,
			SHA256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
		{Path: "t10k-images-idx3-ubyte.gz", Size: 1648877,
			SHA256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
		{Path: "t10k-labels-idx1-ubyte.gz", Size: 4542,
			SHA256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
	}
	for i := range files {
		for _, mirror := range []string{
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"http://yann.lecun.com/exdb/mnist/",
		} {
			files[i].URLs = append(files[i].URLs, mirror+files[i].Path)
		}
	}
	return files
}

const libsvm = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/"

func statLearn(file string) []string {
	return []string{
		"https://hastie.su.domains/ElemStatLearn/datasets/" + file,
		"https://web.stanford.edu/~hastie/ElemStatLearn/datasets/" + file,
	}
}

// bsdsSums lists the 200 training photographs as sha256sum does.
//
//go:embed bsds500.sha256
var bsdsSums string

func bsdsPhotos() []RemoteFile {
	const commit = "a04b7c6c3a9f0ace74bf205c72a43d32e1c72722"
	var files []RemoteFile
	for line := range strings.Lines(bsdsSums) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		files = append(files, RemoteFile{Path: "train/" + name, SHA256: sum, URLs: []string{
			"https://raw.githubusercontent.com/BIDS/BSDS500/" + commit + "/BSDS500/data/images/train/" + name,
			"https://github.com/BIDS/BSDS500/raw/" + commit + "/BSDS500/data/images/train/" + name,
		}})
	}
	return files
}
