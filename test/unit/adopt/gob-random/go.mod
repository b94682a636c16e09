module random

go 1.22
