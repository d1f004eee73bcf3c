package dev.backplane.machine.pc.internal.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PortBusTest {
    private final PortBus bus = new PortBus(new Unclaimed(System.getLogger("test")), Behind.NOTHING);

    @Test
    void anAccessWithinAWindowGoesToItsHandlerWholeWithItsOffset() throws Exception {
        Recorder device = new Recorder("a", 0x1_2345_6789L);
        bus.claim("a", 0x300, 8, device);
        assertEquals(0x2345_6789, bus.read(0x304, 4));
        bus.write(0x302, 2, 0xffff_abcd);
        assertEquals(List.of("a r4+4", "a w2+2=abcd"), device.log());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void aReadThatNothingAnswersIsAllOnes(int size) {
        assertEquals(size == 4 ? -1 : (1 << 8 * size) - 1, bus.read(0x80, size));
    }

    @Test
    void aWordAcrossTwoDevicesIsSplitIntoBytesLowestPortFirst() throws Exception {
        List<String> log = new ArrayList<>();
        bus.claim("a", 0x3ff, 1, new Recorder("a", log, 0x12));
        bus.claim("b", 0x400, 1, new Recorder("b", log, 0x34));
        assertEquals(0x3412, bus.read(0x3ff, 2));
        bus.write(0x3ff, 2, 0xbeef);
        assertEquals(List.of("a r1+0", "b r1+0", "a w1+0=ef", "b w1+0=be"), log);
    }

    @Test
    void aDoubleWordThatBeginsBeforeAWindowReachesItByteByByte() throws Exception {
        Recorder device = new Recorder("a", 0x55);
        bus.claim("a", 0x402, 1, device);
        assertEquals(0xff55_ffff, bus.read(0x400, 4));
    }

    @Test
    void anAccessBeyondTheLastPortReadsOnesThere() throws Exception {
        Recorder device = new Recorder("a", 0);
        bus.claim("a", 0xffff, 1, device);
        assertEquals(0xffff_ff00, bus.read(0xffff, 4));
        bus.write(0xffff, 4, 0x0403_0201);
        assertEquals(List.of("a r1+0", "a w1+0=1"), device.log());
    }

    @Test
    void anOverlapIsRefusedAndNamesBothOwners() throws Exception {
        bus.claim("com1", 0x3f8, 8, new Recorder("a", 0));
        ConfigurationException e =
                assertThrows(ConfigurationException.class, () -> bus.claim("com2", 0x3ff, 8, new Recorder("b", 0)));
        assertTrue(e.getMessage().contains("com1") && e.getMessage().contains("com2"), e.getMessage());
        assertEquals(0xff, bus.read(0x400, 1), "nothing of a refused window is claimed");
    }

    @Test
    void aReleasedWindowCanBeClaimedAgain() throws Exception {
        bus.claim("a", 0x10, 4, new Recorder("a", 0));
        bus.release("a");
        assertEquals(0xff, bus.read(0x10, 1));
        bus.claim("b", 0x10, 4, new Recorder("b", 7));
        assertEquals(7, bus.read(0x10, 1));
    }

    @Test
    void everyPortCanBeReadAndWrittenInEverySize() {
        for (int port = 0; port < 0x10000; port++) {
            for (int size = 1; size <= 4; size *= 2) {
                bus.write(port, size, -1);
                assertEquals(size == 4 ? -1 : (1 << 8 * size) - 1, bus.read(port, size));
            }
        }
    }
}
