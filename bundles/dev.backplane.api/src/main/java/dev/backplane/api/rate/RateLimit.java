package dev.backplane.api.rate;

import dev.backplane.api.part.Option;

/**
 * How fast a part may go, as an option: {@code {operations: 1000, bytes: 100MiB}}. What is not given is not limited.
 *
 * @param operations operations a second, 0 for no limit
 * @param bytes bytes a second, 0 for no limit
 * @param operationsBurst operations at once after a rest, 0 for a tenth of a second's
 * @param bytesBurst bytes at once after a rest, 0 for a tenth of a second's
 */
public record RateLimit(
        @Option(value = "Operations a second; 0 is no limit.", byDefault = "0")
        long operations,

        @Option(value = "Bytes a second; 0 is no limit.", byDefault = "0", unit = Option.Unit.BYTES)
        long bytes,

        @Option(
                value = "Operations at once after a rest; 0 is a tenth of a second's.",
                byDefault = "0",
                max = TokenBucket.MOST_TOKENS)
        long operationsBurst,

        @Option(
                value = "Bytes at once after a rest; 0 is a tenth of a second's.",
                byDefault = "0",
                max = TokenBucket.MOST_TOKENS,
                unit = Option.Unit.BYTES)
        long bytesBurst) {
    /** No limit at all. */
    public static final RateLimit NONE = new RateLimit(0, 0, 0, 0);
}
