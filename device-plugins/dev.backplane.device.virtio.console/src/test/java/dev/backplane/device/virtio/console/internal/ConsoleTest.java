package dev.backplane.device.virtio.console.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.console.TerminalSize;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.part.Resumption;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import dev.backplane.testkit.virtio.DriverRing;
import dev.backplane.testkit.virtio.VirtioDriver;
import dev.backplane.virtio.internal.PciTransportService;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The console device by the sections of the specification (virtio 1.2, 5.3). */
class ConsoleTest extends DeviceContract<ConsoleOptions, ConsoleState> {
    static final ConsoleRef FIRST = new ConsoleRef("device.ports0.console");
    static final ConsoleRef SECOND = new ConsoleRef("device.ports1.console");
    static final ConsoleOptions OPTIONS = options(0, 0);

    private static ConsoleOptions options(int columns, int rows, String... unplugged) {
        return new ConsoleOptions(
                List.of(
                        new PortOptions(FIRST, Optional.empty()),
                        new PortOptions(SECOND, Optional.of("org.example.agent"))),
                columns,
                rows,
                List.of(unplugged));
    }

    static DeviceFactory<ConsoleOptions, ConsoleState> newFactory() {
        return new ConsoleFactory(new PciTransportService());
    }

    @Override
    protected DeviceFactory<ConsoleOptions, ConsoleState> factory() {
        return newFactory();
    }

    @Override
    protected ConsoleOptions options() {
        return OPTIONS;
    }

    /** Leaves a port open with something that the guest has not read. */
    @Override
    protected void use(DeviceBench<ConsoleOptions, ConsoleState> bench) {
        var driver = new PortDriver(bench);
        driver.begin(2);
        DriverRing ring = driver.room(1, 3);
        bench.console(SECOND).type("abcdef");
        assertEquals("abc", text(ring));
        driver.send(0, "said".getBytes(StandardCharsets.US_ASCII));
        VirtioDriver.await("what was said", () -> bench.console(FIRST).text().equals("said"));
    }

    @Override
    protected List<?> observe(DeviceBench<ConsoleOptions, ConsoleState> bench) {
        int before = new VirtioDriver(bench).status();
        var driver = new PortDriver(bench);
        driver.say(0, ConsoleLayout.DEVICE_READY, 1);
        String added = driver.hear() + driver.hear();
        driver.open(1);
        return List.of(
                before, added, text(driver.room(1, 10)), bench.console(FIRST).text());
    }

    private static String text(DriverRing ring) {
        return new String(ring.await(), StandardCharsets.US_ASCII);
    }

    private DeviceBench<ConsoleOptions, ConsoleState> bench() {
        return DeviceBench.plug(factory(), OPTIONS);
    }

    @SuppressWarnings("unchecked")
    private static void configure(DeviceBench<ConsoleOptions, ConsoleState> bench, ConsoleOptions options)
            throws Exception {
        ((dev.backplane.api.part.Configurable<ConsoleOptions>) bench.device()).configure(options);
    }

    @Test
    void s5_3_4_theConfigurationTellsThePortsAndTheSize() {
        try (var bench = DeviceBench.plug(factory(), options(132, 50))) {
            var driver = new VirtioDriver(bench);
            assertEquals(132, driver.configuration(0, 2));
            assertEquals(50, driver.configuration(2, 2));
            assertEquals(2, driver.configuration(4, 4));
            assertEquals(7, driver.offered() & 7);
        }
    }

    @Test
    void s5_3_4_anEmergencyWriteNeedsNoDriver() {
        try (var bench = bench()) {
            new VirtioDriver(bench).configuration(8, 4, 'x');
            assertEquals("x", bench.console(FIRST).text());
        }
    }

    @Test
    void s5_3_6_aDriverWithoutMultiportHasTheFirstPortAtOnce() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(0);
            driver.ring(0).add(new byte[0], 16);
            driver.notify(0);
            bench.console(FIRST).type("in");
            assertEquals("in", text(driver.ring(0)));
            driver.ring(1).add("out".getBytes(StandardCharsets.US_ASCII), 0);
            driver.notify(1);
            driver.ring(1).await();
            assertEquals("out", bench.console(FIRST).text());
        }
    }

    @Test
    void s5_3_6_2_portsAreAddedThenSaidWhatTheyAre() {
        try (var bench = DeviceBench.plug(factory(), options(80, 25))) {
            var driver = new PortDriver(bench);
            driver.say(0, ConsoleLayout.DEVICE_READY, 1);
            assertEquals("0 add", driver.hear());
            assertEquals("1 add", driver.hear());
            driver.say(0, ConsoleLayout.PORT_READY, 1);
            assertEquals("0 console", driver.hear());
            assertEquals("0 resize 80 columns 25 rows", driver.hear());
            assertEquals("0 open", driver.hear());
            driver.say(1, ConsoleLayout.PORT_READY, 1);
            assertEquals("1 name org.example.agent", driver.hear());
            assertEquals("1 open", driver.hear());
        }
    }

    @Test
    void s5_3_6_2_whatArrivesWaitsUntilThePortIsOpened() {
        try (var bench = bench()) {
            var driver = new PortDriver(bench);
            driver.say(0, ConsoleLayout.DEVICE_READY, 1);
            driver.hear();
            driver.hear();
            DriverRing ring = driver.room(1, 64);
            bench.console(SECOND).type("early");
            driver.say(1, ConsoleLayout.PORT_READY, 1);
            assertEquals(5, bench.console(SECOND).unread());
            driver.say(1, ConsoleLayout.PORT_OPEN, 1);
            assertEquals("early", text(ring));
            driver.say(1, ConsoleLayout.PORT_OPEN, 0);
            driver.room(1, 64);
            bench.console(SECOND).type("late");
            assertEquals(4, bench.console(SECOND).unread());
        }
    }

    @Test
    void aPortIsTakenAwayAndAddedWhileTheGuestRuns() throws Exception {
        try (var bench = bench()) {
            var driver = new PortDriver(bench);
            driver.begin(2);
            configure(bench, options(0, 0, "org.example.agent"));
            assertEquals("1 remove", driver.hear());
            driver.send(1, new byte[] {1});
            driver.say(1, ConsoleLayout.PORT_READY, 1);
            driver.say(1, ConsoleLayout.PORT_OPEN, 1);
            assertFalse(driver.hears(), "a port that is not there was spoken of");
            configure(bench, options(0, 0));
            assertEquals("1 add", driver.hear());
            driver.open(1);
            driver.send(1, "again".getBytes(StandardCharsets.US_ASCII));
            VirtioDriver.await("the console", () -> bench.console(SECOND).text().equals("again"));
        }
    }

    @Test
    void aNewSizeIsToldByMessageAndByConfiguration() throws Exception {
        try (var bench = bench()) {
            var driver = new PortDriver(bench);
            driver.begin(2);
            bench.pci().takeMessages();
            configure(bench, options(100, 40));
            assertEquals("0 resize 100 columns 40 rows", driver.hear());
            assertEquals(100, driver.virtio.configuration(0, 2));
            assertTrue(bench.pci().takeMessages().contains(0), "no interrupt for the configuration");
            assertFalse(driver.hears());
        }
    }

    @Test
    void theSizeOfTheConsolesTerminalIsToldWhereTheOptionsSayNone() throws Exception {
        try (var bench = bench()) {
            bench.console(FIRST).resize(new TerminalSize(132, 50));
            bench.console(SECOND).resize(new TerminalSize(7, 7));
            var driver = new PortDriver(bench);
            assertEquals(132, driver.virtio.configuration(0, 2));
            assertEquals(50, driver.virtio.configuration(2, 2));
            driver.begin(2);
            bench.pci().takeMessages();
            bench.console(FIRST).resize(new TerminalSize(100, 40));
            assertEquals("0 resize 100 columns 40 rows", driver.hear());
            assertTrue(bench.pci().takeMessages().contains(0), "no interrupt for the configuration");
            bench.console(SECOND).resize(new TerminalSize(8, 8));
            assertFalse(driver.hears(), "the second port is no terminal");
            // Nobody tells a device at rest.
            bench.quiesce();
            bench.console(FIRST).resize(new TerminalSize(60, 20));
            bench.resume(new Resumption(Resumption.Cause.PAUSE, Duration.ZERO));
            assertEquals("0 resize 60 columns 20 rows", driver.hear());
            assertEquals(60, driver.virtio.configuration(0, 2));
            configure(bench, options(0, 33));
            assertEquals("0 resize 60 columns 33 rows", driver.hear());
        }
    }

    @Test
    void aSlowConsoleHoldsTheGuestAndLosesNothing() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] sent = new byte[40 * 200];
        random.nextBytes(sent);
        try (var bench = bench()) {
            var driver = new PortDriver(bench);
            driver.begin(2);
            bench.console(SECOND).setRoom(100);
            for (int i = 0; i < 20; i++) {
                driver.send(1, java.util.Arrays.copyOfRange(sent, i * 200, i * 200 + 200));
            }
            // One buffer beyond what the console took is held, the others are the guest's still.
            driver.virtio.ring(5).await();
            bench.swap();
            for (int i = 20; i < 40; i++) {
                driver.send(1, java.util.Arrays.copyOfRange(sent, i * 200, i * 200 + 200));
                bench.console(SECOND).setRoom(1 + random.nextInt(500));
            }
            bench.console(SECOND).setRoom(Long.MAX_VALUE);
            VirtioDriver.await("all of it", () -> bench.console(SECOND).received().length == sent.length);
            assertArrayEquals(sent, bench.console(SECOND).received(), "seed " + seed);
        }
    }

    @Test
    void whatIsOnItsWayToTheConsoleSurvivesAReset() {
        try (var bench = bench()) {
            var driver = new PortDriver(bench);
            driver.begin(2);
            bench.console(FIRST).setRoom(2);
            driver.send(0, "last words".getBytes(StandardCharsets.US_ASCII));
            driver.virtio.ring(1).await();
            bench.reset(ResetKind.SYSTEM);
            bench.console(FIRST).setRoom(100);
            assertEquals("last words", bench.console(FIRST).text());
        }
    }

    @Test
    void hostileMessagesMeanNothing() {
        try (var bench = bench()) {
            var driver = new PortDriver(bench);
            for (int port : new int[] {-1, 2, 31, 1 << 30, Integer.MIN_VALUE}) {
                for (int event = 0; event < 9; event++) {
                    if (event != ConsoleLayout.DEVICE_READY) {
                        driver.say(port, event, 1);
                    }
                }
            }
            // Ports that the driver has not been told of.
            driver.say(0, ConsoleLayout.PORT_READY, 1);
            driver.say(1, ConsoleLayout.PORT_OPEN, 1);
            for (int length = 1; length < 8; length++) {
                driver.say(new byte[length]);
            }
            assertFalse(driver.hears());
            driver.begin(2);
            assertEquals(List.of(), bench.machine().failures());
        }
    }

    @Test
    void aDriverThatAsksAndNeverListensIsToldOnce() {
        try (var bench = bench()) {
            var driver = new PortDriver(bench);
            driver.begin(2);
            for (int i = 0; i < 1000; i++) {
                driver.say(1, ConsoleLayout.PORT_READY, 1);
                // It has given 16 buffers and used seven of them.
            }
            driver.listen(16);
            int messages = 0;
            while (driver.hears()) {
                driver.hear();
                messages++;
            }
            assertTrue(messages <= 12, messages + " messages");
        }
    }

    @Test
    void buffersWithoutRoomComeBackAndCostNothing() {
        try (var bench = bench()) {
            var driver = new PortDriver(bench);
            driver.begin(2);
            int queue = ConsoleLayout.receiveQueue(1);
            // A buffer that the device may only read.
            driver.virtio.ring(queue).add(new byte[4], 0);
            DriverRing ring = driver.room(1, 4);
            bench.console(SECOND).type("data");
            assertEquals("", text(ring));
            assertEquals("data", text(ring));
        }
    }

    @Test
    void optionsThatContradictThemselvesAreRefused() {
        var port = new PortOptions(FIRST, Optional.of("a"));
        assertThrows(IllegalArgumentException.class, () -> new ConsoleOptions(List.of(), 0, 0, List.of()));
        assertThrows(IllegalArgumentException.class, () -> new ConsoleOptions(List.of(port, port), 0, 0, List.of()));
        assertThrows(IllegalArgumentException.class, () -> new ConsoleOptions(List.of(port), 0, 0, List.of("b")));
        for (String name : List.of("", "a b", "a/b", "\u00e4", "x".repeat(65))) {
            assertThrows(IllegalArgumentException.class, () -> new PortOptions(FIRST, Optional.of(name)));
        }
    }
}
