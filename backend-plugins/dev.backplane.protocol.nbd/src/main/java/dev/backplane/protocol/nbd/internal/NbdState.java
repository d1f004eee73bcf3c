package dev.backplane.protocol.nbd.internal;

import dev.backplane.api.state.StateVersion;

/**
 * What was agreed on with the server. The connection itself is the bay's.
 *
 * @param connected whether the bay's connection can be gone on with
 * @param bytes the export's length
 * @param flags its transmission flags
 * @param minimumBlock what every offset and length is a multiple of
 * @param preferredBlock what is fast
 * @param maximumPayload the largest read and write
 * @param structured whether replies are structured
 * @param allocation the number of base:allocation, or -1
 */
@StateVersion(
        schema = "protocol-nbd",
        writes = 1,
        reads = {1})
public record NbdState(
        boolean connected,
        long bytes,
        int flags,
        long minimumBlock,
        long preferredBlock,
        long maximumPayload,
        boolean structured,
        long allocation) {}
