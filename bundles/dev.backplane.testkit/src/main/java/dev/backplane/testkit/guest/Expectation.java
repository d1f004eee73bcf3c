package dev.backplane.testkit.guest;

import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * One thing that has to be true at the end of a guest.
 *
 * @param what a name for messages, for instance {@code rax}
 * @param actual takes it out of the end
 * @param expected its value
 */
public record Expectation(String what, ToLongFunction<GuestEnd> actual, long expected) {
    Optional<String> difference(GuestEnd end) {
        long value = actual.applyAsLong(end);
        return value == expected
                ? Optional.empty()
                : Optional.of("%s is 0x%x, expected 0x%x".formatted(what, value, expected));
    }
}
