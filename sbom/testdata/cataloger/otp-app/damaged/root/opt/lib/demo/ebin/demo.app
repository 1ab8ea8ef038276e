{application,demo,[{vsn,"1.0.0"},{modules,[a,
