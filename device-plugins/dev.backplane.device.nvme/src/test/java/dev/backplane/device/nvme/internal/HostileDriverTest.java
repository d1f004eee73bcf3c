package dev.backplane.device.nvme.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.device.nvme.internal.NvmeDriver.Answer;
import dev.backplane.device.nvme.internal.NvmeDriver.Request;
import dev.backplane.testkit.DeviceBench;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A driver that breaks the rules harms itself at most, and after a reset all is well. */
@Timeout(60)
class HostileDriverTest {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final long LIST = 0xe_0000;

    private final DeviceBench<NvmeOptions, NvmeState> bench = NvmeDriver.plug();
    private final NvmeDriver driver = new NvmeDriver(bench);

    @AfterEach
    void afterAResetAllIsWell() {
        driver.start(2);
        assertEquals(Status.SUCCESS, driver.statusOf(Request.of(Opcode.FLUSH, 1)));
        bench.close();
        assertEquals(List.of(), bench.machine().failures());
        assertEquals(0, bench.machine().memory().openLeases());
    }

    private static Request flush() {
        return Request.of(Opcode.FLUSH, 1);
    }

    @Test
    void s3_1_24_doorbellsOutOfRangeAreIgnored() {
        driver.start(1);
        for (int value : new int[] {NvmeDriver.ENTRIES, NvmeDriver.ENTRIES + 1, 0x7fff, 0xffff}) {
            driver.register(NvmeDriver.doorbell(1, false), value);
            driver.register(NvmeDriver.doorbell(1, true), value);
            driver.register(NvmeDriver.doorbell(0, true), value);
        }
        driver.register(NvmeDriver.doorbell(1, true), 1);
        for (int queue = 2; queue < 512; queue++) {
            driver.register(NvmeDriver.doorbell(queue, false) & 0x1fff | 0x1000, 1);
        }
        assertEquals(Status.SUCCESS, driver.statusOf(flush()));
        assertTrue(driver.isSilent(1));
    }

    @Test
    void s3_1_24_aTailThatOvertakesTheHeadIsIgnored() {
        driver.start(1);
        // Nobody takes the answers, so that the second seven commands are not fetched.
        for (int i = 0; i < NvmeDriver.ENTRIES - 1; i++) {
            driver.put(1, flush());
        }
        driver.ring(1);
        for (int i = 0; i < NvmeDriver.ENTRIES - 1; i++) {
            driver.look(1);
        }
        for (int i = 0; i < NvmeDriver.ENTRIES - 1; i++) {
            driver.put(1, flush());
        }
        driver.ring(1);
        // The tail is at 6 now, the head at 7: 7 is one too many.
        driver.register(NvmeDriver.doorbell(1, false), 7);
        driver.succeed(Request.of(Opcode.GET_FEATURES, 0).with(6));
        assertTrue(driver.isSilent(1), "there is no room for an answer");
        driver.consume(1);
        for (int i = 0; i < NvmeDriver.ENTRIES - 1; i++) {
            assertEquals(Status.SUCCESS, driver.look(1).status());
        }
        driver.consume(1);
        assertTrue(driver.isSilent(1));
    }

    @Test
    void s3_1_24_doorbellsOfADisabledControllerAreIgnored() {
        driver.register(NvmeDriver.doorbell(0, false), 1);
        driver.start(1).disable();
        driver.put(0, Request.of(Opcode.IDENTIFY, 0).with(1).data(NvmeDriver.DATA, 0));
        driver.ring(0);
        driver.ring(1);
    }

    @Test
    void s4_3_aListOfPagesThatLeadsToItselfEnds() {
        driver.start(1);
        // Its last entry leads to the list itself, which is as good as any other page.
        for (int i = 0; i < 512; i++) {
            driver.memory().set(LONG, LIST + 8 * i, LIST);
        }
        var read = Request.blocks(Opcode.READ, 0, 2048).data(NvmeDriver.DATA, LIST + 8 * 511);
        // All pages are found before the first is written.
        assertEquals(Status.SUCCESS, driver.statusOf(read));
    }

    @Test
    void s4_3_pagesThatAreNotWhereMemoryIsAreErrors() {
        driver.start(1);
        var read = Request.blocks(Opcode.READ, 0, 24);
        long[] wrong = {0x10_0000, 0xf_f000_0000L, Long.MIN_VALUE, -4096L};
        for (long address : wrong) {
            assertEquals(Status.DATA_TRANSFER_ERROR, driver.statusOf(read.data(address, LIST)));
            assertEquals(Status.DATA_TRANSFER_ERROR, driver.statusOf(read.data(NvmeDriver.DATA, address)));
            driver.memory().set(LONG, LIST, address);
            assertEquals(Status.DATA_TRANSFER_ERROR, driver.statusOf(read.data(NvmeDriver.DATA, LIST)));
        }
        assertEquals(Status.PRP_OFFSET_INVALID, driver.statusOf(read.data(NvmeDriver.DATA + 2, LIST)));
        assertEquals(Status.PRP_OFFSET_INVALID, driver.statusOf(read.data(NvmeDriver.DATA, LIST + 4)));
        driver.memory().set(LONG, LIST, NvmeDriver.DATA + 4);
        assertEquals(Status.PRP_OFFSET_INVALID, driver.statusOf(read.data(NvmeDriver.DATA, LIST)));
        // One entry and a list behind it that is not at the begin of a page.
        driver.memory().set(LONG, LIST + 8 * 511, LIST + 8);
        assertEquals(Status.PRP_OFFSET_INVALID, driver.statusOf(read.data(NvmeDriver.DATA, LIST + 8 * 511)));
        driver.memory().set(LONG, LIST + 8 * 511, 0x10_0000);
        assertEquals(Status.DATA_TRANSFER_ERROR, driver.statusOf(read.data(NvmeDriver.DATA, LIST + 8 * 511)));
    }

    @Test
    void s4_2_anIdentifierThatIsInFlightIsAConflict() {
        driver.start(1);
        int waits = driver.put(0, Request.of(Opcode.ASYNCHRONOUS_EVENT_REQUEST, 0));
        driver.put(0, Request.of(Opcode.GET_FEATURES, 0).with(6), waits);
        driver.ring(0);
        Answer conflict = driver.answer(0);
        assertEquals(waits, conflict.identifier());
        assertEquals(Status.IDENTIFIER_CONFLICT, conflict.status());
        // The one that waits still does.
        driver.register(NvmeDriver.doorbell(2, true), 1);
        Answer event = driver.answer(0);
        assertEquals(waits, event.identifier());
        assertEquals(Status.SUCCESS, event.status());
        driver.put(0, Request.of(Opcode.GET_FEATURES, 0).with(6), waits);
        driver.ring(0);
        assertEquals(Status.SUCCESS, driver.answer(0).status(), "free again");
    }

    @Test
    void s4_1_queuesThatOverlapHarmTheirOwnerAlone() {
        driver.start(1);
        var completions = driver.createCompletions(2, 2);
        driver.succeed(completions.data(NvmeDriver.submissions(0), 0));
        driver.succeed(driver.createSubmissions(2, 2).data(NvmeDriver.completions(0), 0));
        for (int i = 1; i < NvmeDriver.ENTRIES; i++) {
            driver.register(NvmeDriver.doorbell(2, false), i);
        }
        assertEquals(Status.SUCCESS, driver.statusOf(flush()));
    }

    @Test
    void s4_1_twoQueuesMayBeAnsweredInOne() {
        driver.start(1);
        driver.succeed(driver.createSubmissions(2, 1));
        Set<Integer> queues = new HashSet<>();
        for (int queue = 1; queue <= 2; queue++) {
            driver.put(queue, flush());
            driver.ring(queue);
            queues.add(driver.look(1).queue());
        }
        driver.consume(1);
        assertEquals(Set.of(1, 2), queues);
    }

    @Test
    void s5_6_whatIsNotFetchedFromADeletedQueueIsGone() {
        driver.start(1);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < NvmeDriver.ENTRIES - 1; i++) {
                driver.put(1, flush());
            }
            driver.ring(1);
            for (int i = 0; round == 0 && i < NvmeDriver.ENTRIES - 1; i++) {
                driver.look(1);
            }
        }
        driver.succeed(Request.of(Opcode.DELETE_SUBMISSION_QUEUE, 0).with(1));
        driver.consume(1);
        driver.ring(1);
        driver.succeed(Request.of(Opcode.DELETE_COMPLETION_QUEUE, 0).with(1));
        driver.register(NvmeDriver.doorbell(1, true), 2);
        assertTrue(driver.isSilent(1));
    }

    @Test
    void s7_3_aResetInTheMidstOfItLeavesNothingBehind() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            driver.start(2);
            for (int queue = 1; queue <= 2; queue++) {
                for (int i = random.nextInt(NvmeDriver.ENTRIES - 1); i > 0; i--) {
                    driver.put(queue, Request.blocks(Opcode.READ, i, 8).data(NvmeDriver.DATA, 0));
                }
                driver.ring(queue);
            }
            if (random.nextBoolean()) {
                driver.register(Layout.CC, NvmeDriver.ENABLE | 1 << Layout.CC_SHN_SHIFT);
            }
            if (random.nextBoolean()) {
                // At once enabled again, which a driver may not do: the reset still comes first.
                driver.register(Layout.CC, 0);
                driver.register(Layout.CC, NvmeDriver.ENABLE);
            }
            driver.disable();
            driver.memory().asSlice(NvmeDriver.completions(1), 16).fill((byte) 0x55);
            driver.memory().asSlice(NvmeDriver.DATA, 512).fill((byte) 0x55);
            assertEquals(0x5555_5555_5555_5555L, driver.memory().get(LONG, NvmeDriver.completions(1)));
            assertEquals(0x5555_5555_5555_5555L, driver.memory().get(LONG, NvmeDriver.DATA), "written after the reset");
        }
    }

    @Test
    void s4_randomCommandsAreAnsweredOneByOne() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        driver.start(1);
        for (int i = 0; i < 5_000; i++) {
            int opcode = random.nextInt(0x20);
            if (opcode == Opcode.ASYNCHRONOUS_EVENT_REQUEST || opcode == Opcode.DELETE_SUBMISSION_QUEUE) {
                // They are not answered, or end the test.
                opcode = Opcode.IDENTIFY;
            }
            int queue = random.nextInt(2);
            var request = new Request(
                    opcode,
                    random.nextInt(3),
                    address(random),
                    address(random),
                    random.nextInt(1 << random.nextInt(1, 31)),
                    random.nextInt(1 << random.nextInt(1, 31)),
                    random.nextInt(1 << random.nextInt(1, 31)),
                    random.nextInt(4));
            driver.carryOut(queue, request);
        }
    }

    /** In memory that is not the driver's own, or nowhere. */
    private static long address(Random random) {
        long page = NvmeDriver.DATA + random.nextInt(0x80) * 0x1000L;
        return switch (random.nextInt(4)) {
            case 0 -> page;
            case 1 -> page + random.nextInt(0x1000);
            case 2 -> page + 8L * random.nextInt(512);
            default -> random.nextLong() | 1L << 40;
        };
    }
}
