package dev.backplane.gdb.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where gdb may connect from. */
class LoopbackAddressTest {
    @ParameterizedTest
    @CsvSource({
        ":1234, 127.0.0.1:1234",
        "1234, 127.0.0.1:1234",
        "localhost:0, 127.0.0.1:0",
        "127.0.0.2:65535, 127.0.0.2:65535",
        "[::1]:99, [0:0:0:0:0:0:0:1]:99"
    })
    void loopbackAddressIsTaken(String text, String address) {
        assertEquals(address, LoopbackAddress.text(LoopbackAddress.parse(text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"0.0.0.0:1234", "192.168.1.1:1234", "[::]:1", "example.org:80", ":", ":70000", ":x", "", ":-1"})
    void anyOtherIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> LoopbackAddress.parse(text));
    }
}
