{application,demo,[{modules,[]}]}.
