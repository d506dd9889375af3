"""Each chapter as an executed notebook that opens and runs anywhere."""
