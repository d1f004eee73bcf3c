package dev.backplane.filter.copyonread.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: all is in the image. */
@StateVersion(
        schema = "filter-copy-on-read",
        writes = 1,
        reads = {1})
public record CopyOnReadState() {}
