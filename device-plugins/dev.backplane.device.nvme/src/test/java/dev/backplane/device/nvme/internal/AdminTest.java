package dev.backplane.device.nvme.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Resumption;
import dev.backplane.device.nvme.internal.NvmeDriver.Answer;
import dev.backplane.device.nvme.internal.NvmeDriver.Request;
import dev.backplane.testkit.DeviceBench;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Registers and admin commands by the sections of NVMe 1.4. */
@Timeout(60)
class AdminTest {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final DeviceBench<NvmeOptions, NvmeState> bench = NvmeDriver.plug();
    private final NvmeDriver driver = new NvmeDriver(bench);

    @AfterEach
    void nothingFailed() {
        bench.close();
        assertEquals(List.of(), bench.machine().failures());
    }

    private static String text(MemorySegment data, int at, int length) {
        return new String(data.asSlice(at, length).toArray(BYTE), StandardCharsets.US_ASCII);
    }

    private Request setFeature(int feature, int value) {
        return Request.of(Opcode.SET_FEATURES, 0).with(feature, value);
    }

    private Request getFeature(int feature) {
        return Request.of(Opcode.GET_FEATURES, 0).with(feature);
    }

    private int awaitEvent() {
        int identifier = driver.put(0, Request.of(Opcode.ASYNCHRONOUS_EVENT_REQUEST, 0));
        driver.ring(0);
        // Admin commands are carried out in their order: it waits when this one is answered.
        driver.succeed(getFeature(6));
        return identifier;
    }

    // Registers

    @Test
    void s3_1_theCapabilitiesAreReadWholeAndInParts() {
        long cap = bench.read("registers", 0, 8);
        assertEquals(1023, cap & 0xffff, "entries");
        assertEquals(1, cap >>> 16 & 1, "contiguous queues");
        assertEquals(1, cap >>> 37 & 0xff, "the NVM command set");
        assertEquals(0, cap >>> 48 & 0xff, "pages of 4 KiB");
        assertEquals(cap & 0xffff_ffffL, bench.read("registers", 0, 4));
        assertEquals(cap >>> 32, bench.read("registers", 4, 4));
        assertEquals(cap >>> 24 & 0xff, bench.read("registers", 3, 1));
        assertEquals(0x10400, driver.register(Layout.VS));
    }

    @Test
    void s3_1_5_enablingAndDisablingShowInTheStatus() {
        assertEquals(0, driver.register(Layout.CSTS));
        driver.enable();
        assertEquals(Layout.CSTS_RDY, driver.register(Layout.CSTS));
        driver.disable();
        assertEquals(0, driver.register(Layout.CSTS));
    }

    @Test
    void s3_1_5_aConfigurationThatCannotWorkIsFatalUntilTheNextReset() {
        for (int wrong : new int[] {1 << Layout.CC_CSS_SHIFT, 1 << Layout.CC_MPS_SHIFT, 7 << Layout.CC_AMS_SHIFT}) {
            driver.enable().disable();
            driver.register(Layout.CC, NvmeDriver.ENABLE | wrong);
            assertEquals(Layout.CSTS_CFS, driver.register(Layout.CSTS));
        }
        driver.enable();
    }

    @Test
    void s3_1_8_adminQueuesOutsideOfMemoryAreFatal() {
        driver.enable().disable();
        bench.write("registers", Layout.ASQ, 8, 0xffff_ffff_ffff_f000L);
        driver.register(Layout.CC, NvmeDriver.ENABLE);
        assertEquals(Layout.CSTS_CFS, driver.register(Layout.CSTS));
        driver.enable().disable();
        bench.write("registers", Layout.ACQ, 8, 0x10_0000);
        driver.register(Layout.CC, NvmeDriver.ENABLE);
        assertEquals(Layout.CSTS_CFS, driver.register(Layout.CSTS));
        driver.enable().disable();
        driver.register(Layout.AQA, 0);
        driver.register(Layout.CC, NvmeDriver.ENABLE);
        assertEquals(Layout.CSTS_CFS, driver.register(Layout.CSTS), "queues of one entry");
    }

    @Test
    void s3_1_8_adminQueuesDoNotMoveWhileTheControllerIsEnabled() {
        driver.enable();
        bench.write("registers", Layout.ASQ, 8, 0x5000);
        driver.register(Layout.AQA, 1);
        assertEquals(NvmeDriver.submissions(0), bench.read("registers", Layout.ASQ, 8));
        assertEquals(NvmeDriver.ADMIN_ENTRIES - 1, driver.register(Layout.AQA) & 0xfff);
    }

    @Test
    void s3_1_5_aShutdownFlushesAndIsOverThen() {
        driver.start(1);
        driver.register(Layout.CC, NvmeDriver.ENABLE | 1 << Layout.CC_SHN_SHIFT);
        NvmeDriver.await(
                "the shutdown", () -> (driver.register(Layout.CSTS) & Layout.CSTS_SHST) == Layout.CSTS_SHST_DONE);
        assertEquals(1, driver.disk().flushes());
        bench.swap();
        assertEquals(Layout.CSTS_SHST_DONE | Layout.CSTS_RDY, driver.register(Layout.CSTS));
        driver.start(1);
        assertEquals(Status.SUCCESS, driver.statusOf(Request.of(Opcode.FLUSH, 1)));
    }

    @Test
    void s7_3_2_aResetForgetsQueuesAndFeatures() {
        driver.start(2);
        driver.succeed(setFeature(6, 0));
        driver.enable();
        assertEquals(1, driver.succeed(getFeature(6)).result());
        driver.succeed(driver.createCompletions(1, 1));
    }

    @Test
    void accessesThatAreNoDwordsDoNothing() {
        bench.write("registers", Layout.CC, 1, 1);
        bench.write("registers", Layout.CC, 2, 1);
        bench.write("registers", Layout.CC + 2, 4, -1);
        assertEquals(0, driver.register(Layout.CC));
    }

    // Queues

    @Test
    void s5_3_completionQueuesThatCannotBeAreRefused() {
        driver.start(0);
        int size = NvmeDriver.ENTRIES - 1 << 16;
        Request good = driver.createCompletions(1, 1);
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(good.with(size, 3)));
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(good.with(3 | size, 3)));
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(good.with(0xffff | size, 3)));
        assertEquals(Status.INVALID_QUEUE_SIZE, driver.status(good.with(1, 3)));
        assertEquals(Status.INVALID_QUEUE_SIZE, driver.status(good.with(1 | 1024 << 16, 3)));
        assertEquals(Status.INVALID_FIELD, driver.status(good.with(1 | size, 2)), "not contiguous");
        assertEquals(Status.INVALID_INTERRUPT_VECTOR, driver.status(good.with(1 | size, 3 << 16 | 3)));
        assertEquals(Status.PRP_OFFSET_INVALID, driver.status(good.data(0x1008, 0)));
        assertEquals(Status.INVALID_FIELD, driver.status(good.data(0x10_0000, 0)));
        assertEquals(Status.INVALID_FIELD, driver.status(good.data(-4096, 0)));
        assertEquals(Status.SUCCESS, driver.status(good));
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(good), "there already");
    }

    @Test
    void s5_4_submissionQueuesThatCannotBeAreRefused() {
        driver.start(0);
        Request good = driver.createSubmissions(1, 1);
        assertEquals(Status.COMPLETION_QUEUE_INVALID, driver.status(good));
        driver.succeed(driver.createCompletions(1, 1));
        int size = NvmeDriver.ENTRIES - 1 << 16;
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(good.with(1 | size, 1)), "answers to the admin");
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(good.with(1 | size, 0xffff << 16 | 1)));
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(good.with(size, 1 << 16 | 1)));
        assertEquals(Status.INVALID_QUEUE_SIZE, driver.status(good.with(1, 1 << 16 | 1)));
        assertEquals(Status.INVALID_FIELD, driver.status(good.with(1 | size, 1 << 16)));
        assertEquals(Status.SUCCESS, driver.status(good));
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(good));
    }

    @Test
    void s3_1_5_queuesNeedTheirEntrySizesInTheConfiguration() {
        driver.enable();
        driver.register(Layout.CC, 1);
        assertEquals(Status.INVALID_QUEUE_SIZE, driver.status(driver.createCompletions(1, 0)));
        driver.register(Layout.CC, NvmeDriver.ENABLE);
        driver.succeed(driver.createCompletions(1, 0));
        driver.register(Layout.CC, 1 | 4 << 20);
        assertEquals(Status.INVALID_QUEUE_SIZE, driver.status(driver.createSubmissions(1, 1)));
    }

    @Test
    void s5_5_aCompletionQueueGoesAfterItsSubmissionQueues() {
        driver.start(2);
        Request completion = Request.of(Opcode.DELETE_COMPLETION_QUEUE, 0).with(1);
        Request submission = Request.of(Opcode.DELETE_SUBMISSION_QUEUE, 0).with(1);
        assertEquals(Status.INVALID_QUEUE_DELETION, driver.status(completion));
        assertEquals(Status.SUCCESS, driver.status(submission));
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(submission));
        assertEquals(Status.SUCCESS, driver.status(completion));
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(completion));
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(completion.with(0)));
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(submission.with(0)));
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(submission.with(0xffff)));
        driver.succeed(driver.createCompletions(1, 1));
        driver.succeed(driver.createSubmissions(1, 1));
        assertEquals(Status.SUCCESS, driver.statusOf(Request.of(Opcode.FLUSH, 1)));
    }

    // Identify

    @Test
    void s5_15_theControllerTellsWhatItIs() {
        MemorySegment data = driver.start(0).identify(1, 0);
        assertEquals("SERIAL-1            ", text(data, 4, 20));
        assertEquals("Backplane NVMe disk", text(data, 24, 40).strip());
        assertEquals(8, data.get(BYTE, 77), "1 MiB a command");
        assertEquals(0x10400, data.get(INT, 80));
        assertEquals(0x66, data.get(BYTE, 512));
        assertEquals(0x44, data.get(BYTE, 513));
        assertEquals(1, data.get(INT, 516), "one namespace");
        assertEquals(1 << 2 | 1 << 3, data.get(SHORT, 520));
        assertEquals(7, data.get(BYTE, 525), "a write cache");
        assertEquals(0, data.get(INT, 536), "no SGLs");
        assertEquals(
                "nqn.2026-01.dev.backplane:test:device", text(data, 768, 256).replace("\0", ""));
    }

    @Test
    void s5_15_theNamespaceTellsItsSizeAndFormat() {
        MemorySegment data = driver.start(0).identify(0, 1);
        assertEquals(2048, data.get(LONG, 0));
        assertEquals(2048, data.get(LONG, 8));
        assertEquals(0, data.get(BYTE, 25), "one format");
        assertEquals(9 << 16, data.get(INT, 128));
        assertEquals(0, data.get(BYTE, 99), "can be written");
        assertEquals(0x1003, driver.identify(3, 1).get(SHORT, 0), "a UUID of 16 bytes");
    }

    @Test
    void s5_15_namespacesAreListedFromANumberOn() {
        driver.start(0);
        assertEquals(1, driver.identify(2, 0).get(INT, 0));
        assertEquals(0, driver.identify(2, 0).get(INT, 4));
        assertEquals(0, driver.identify(2, 1).get(INT, 0));
        assertEquals(
                Status.INVALID_NAMESPACE,
                driver.status(Request.of(Opcode.IDENTIFY, -1).with(2)));
        assertEquals(
                Status.INVALID_NAMESPACE,
                driver.status(Request.of(Opcode.IDENTIFY, 2).with(0)));
        assertEquals(
                Status.INVALID_NAMESPACE,
                driver.status(Request.of(Opcode.IDENTIFY, 0).with(3)));
        assertEquals(
                Status.INVALID_FIELD,
                driver.status(Request.of(Opcode.IDENTIFY, 1).with(0x77)));
    }

    @Test
    void s5_15_whatIsIdentifiedMayLieInTwoPages() {
        driver.start(0);
        driver.succeed(Request.of(Opcode.IDENTIFY, 0).with(1).data(NvmeDriver.DATA + 0xffc, NvmeDriver.DATA + 0x4000));
        assertEquals(text(driver.memory(), (int) NvmeDriver.DATA + 0x4000, 8), "SERIAL-1");
        Request wrong = Request.of(Opcode.IDENTIFY, 0).with(1);
        assertEquals(Status.PRP_OFFSET_INVALID, driver.status(wrong.data(NvmeDriver.DATA + 1, 0)));
        assertEquals(
                Status.PRP_OFFSET_INVALID, driver.status(wrong.data(NvmeDriver.DATA + 8, NvmeDriver.DATA + 0x1004)));
        assertEquals(Status.DATA_TRANSFER_ERROR, driver.status(wrong.data(0x10_0000, 0)));
        assertEquals(
                Status.DATA_TRANSFER_ERROR, driver.status(wrong.data(NvmeDriver.DATA + 8, 0x7fff_ffff_ffff_f000L)));
    }

    // Features

    @Test
    void s5_21_featuresAreKept() {
        driver.start(0);
        for (int feature : new int[] {1, 5, 8, 0xa, 0xb}) {
            driver.succeed(setFeature(feature, 1));
            assertEquals(1, driver.succeed(getFeature(feature)).result(), "feature " + feature);
        }
        assertEquals(Status.NOT_SAVEABLE, driver.status(setFeature(1 | 1 << 31, 1)));
        assertEquals(Status.INVALID_FIELD, driver.status(setFeature(0x7f, 1)));
        assertEquals(Status.INVALID_FIELD, driver.status(getFeature(0x7f)));
        assertEquals(Status.INVALID_FIELD, driver.status(getFeature(1 | 3 << 8)), "no defaults are told");
        assertEquals(Status.INVALID_FIELD, driver.status(setFeature(2, 1)), "no such power state");
    }

    @Test
    void s5_21_1_7_theNumberOfQueuesIsAgreedBeforeThereAreAny() {
        driver.start(0);
        assertEquals(0x1_0001, driver.succeed(getFeature(7)).result());
        assertEquals(0x1_0001, driver.succeed(setFeature(7, 0x3f_003f)).result());
        assertEquals(0, driver.succeed(setFeature(7, 0)).result());
        assertEquals(Status.INVALID_FIELD, driver.status(setFeature(7, 0xffff)));
        assertEquals(Status.INVALID_QUEUE_IDENTIFIER, driver.status(driver.createCompletions(2, 1)), "one was agreed");
        driver.succeed(driver.createCompletions(1, 1));
        assertEquals(Status.SEQUENCE_ERROR, driver.status(setFeature(7, 0x1_0001)));
    }

    @Test
    void s5_21_1_9_aVectorsCoalescingIsKeptForVectorsThatThereAre() {
        driver.start(0);
        driver.succeed(setFeature(9, 2 | 1 << 16));
        assertEquals(2 | 1 << 16, driver.succeed(getFeature(9).with(9, 2)).result());
        assertEquals(1, driver.succeed(getFeature(9).with(9, 1)).result());
        assertEquals(Status.INVALID_FIELD, driver.status(setFeature(9, 3)));
        assertEquals(Status.INVALID_FIELD, driver.status(getFeature(9).with(9, 3)));
    }

    // Log pages

    @Test
    void s5_14_thereAreErrorHealthFirmwareAndEffectsLogs() {
        driver.start(1);
        assertEquals(0, driver.log(1, 64, false).get(LONG, 0));
        driver.status(Request.of(0x55, 7));
        MemorySegment error = driver.log(1, 64, false);
        assertEquals(1, error.get(LONG, 0));
        assertEquals(0, error.get(SHORT, 8));
        assertEquals(Status.INVALID_OPCODE << 1, error.get(SHORT, 12) & 0xffff);
        assertEquals(7, error.get(INT, 24));
        assertEquals(
                Status.SUCCESS,
                driver.statusOf(Request.blocks(Opcode.WRITE, 0, 8).data(NvmeDriver.DATA, 0)));
        MemorySegment health = driver.log(2, 512, false);
        assertEquals(0, health.get(BYTE, 0));
        assertEquals(300, health.get(SHORT, 1));
        assertEquals(1, health.get(LONG, 48), "thousands of sectors written");
        assertEquals(1, health.get(LONG, 80), "writes");
        assertEquals(1, health.get(LONG, 176), "errors");
        assertEquals(1, driver.log(3, 512, false).get(BYTE, 0));
        assertEquals(1, driver.log(5, 4096, false).get(INT, 4 * Opcode.IDENTIFY));
        assertEquals(3, driver.log(5, 4096, false).get(INT, 1024 + 4 * Opcode.WRITE));
    }

    @Test
    void s5_14_logPagesAreReadFromAnOffsetAndNotBeyond() {
        driver.start(0);
        Request log = Request.of(Opcode.GET_LOG_PAGE, -1).data(NvmeDriver.DATA, 0);
        assertEquals(Status.INVALID_LOG_PAGE, driver.status(log.with(0x99)));
        assertEquals(Status.INVALID_FIELD, driver.status(log.with(2, 0, 512)), "behind the end");
        assertEquals(Status.INVALID_FIELD, driver.status(log.with(2, 0, 2)));
        assertEquals(Status.INVALID_FIELD, driver.status(log.with(2, 0, 0, 1)));
        assertEquals(Status.INVALID_FIELD, driver.status(log.with(2, 0, 0, -1)));
        assertEquals(Status.INVALID_FIELD, driver.status(log.with(2 | 0xffff << 16, 0xffff)), "16 GiB");
        driver.succeed(log.with(5 | 3 << 16, 0, 4 * Opcode.IDENTIFY));
        assertEquals(1, driver.memory().get(INT, NvmeDriver.DATA));
    }

    // Events

    @Test
    void s5_2_aBadDoorbellIsAnEventOnceForEachLookAtTheLog() {
        driver.start(1);
        int first = awaitEvent();
        driver.register(NvmeDriver.doorbell(2, false), 1);
        Answer event = driver.answer(0);
        assertEquals(first, event.identifier());
        assertEquals(1 << 16, event.result(), "an error, a register that is not there, log page 1");
        int second = awaitEvent();
        driver.register(NvmeDriver.doorbell(1, false), NvmeDriver.ENTRIES);
        driver.log(1, 64, true);
        driver.succeed(getFeature(6));
        driver.put(
                0, Request.of(Opcode.GET_LOG_PAGE, -1).data(NvmeDriver.DATA, 0).with(1 | 15 << 16));
        driver.ring(0);
        event = driver.answer(0);
        assertEquals(second, event.identifier());
        assertEquals(1 << 16 | 1 << 8, event.result(), "an invalid value");
        assertEquals(Status.SUCCESS, driver.answer(0).status());
    }

    @Test
    void s5_2_aTemperatureBeyondTheThresholdIsToldToWhoAsks() {
        driver.start(0);
        int waits = awaitEvent();
        driver.succeed(setFeature(4, 200));
        driver.put(0, setFeature(0xb, 2));
        driver.ring(0);
        Answer event = driver.answer(0);
        assertEquals(waits, event.identifier());
        assertEquals(1 | 1 << 8 | 2 << 16, event.result());
        driver.answer(0);
        assertEquals(2, driver.log(2, 512, false).get(BYTE, 0));
        assertEquals(Status.INVALID_FIELD, driver.status(setFeature(4, 1 << 16)), "no such sensor");
        assertEquals(200, driver.succeed(getFeature(4)).result());
        assertEquals(0, driver.succeed(getFeature(4).with(4, 1 << 20)).result(), "the lower threshold");
    }

    @Test
    void s5_2_aDiskThatHasGrownWhileItWasAwayIsTold() {
        driver.start(1);
        driver.succeed(setFeature(0xb, 1 << 8));
        int waits = awaitEvent();
        driver.disk().resize(2 << 20);
        bench.swap();
        Answer event = driver.answer(0);
        assertEquals(waits, event.identifier());
        assertEquals(2 | 4 << 16, event.result());
        assertEquals(1, driver.log(4, 4096, true).get(INT, 0));
        assertEquals(1, driver.log(4, 4096, false).get(INT, 0));
        assertEquals(0, driver.log(4, 4096, false).get(INT, 0), "read");
        assertEquals(4096, driver.identify(0, 1).get(LONG, 0));
    }

    @Test
    void s5_2_moreThanFourRequestsAreRefused() {
        driver.start(0);
        for (int i = 0; i < 4; i++) {
            awaitEvent();
        }
        assertEquals(Status.EVENT_LIMIT_EXCEEDED, driver.status(Request.of(Opcode.ASYNCHRONOUS_EVENT_REQUEST, 0)));
    }

    // Abort

    @Test
    void s5_1_aRequestThatWaitsForAnEventIsAborted() {
        driver.start(0);
        int waits = awaitEvent();
        driver.put(0, Request.of(Opcode.ABORT, 0).with(waits << 16));
        driver.ring(0);
        Answer aborted = driver.answer(0);
        assertEquals(waits, aborted.identifier());
        assertEquals(Status.ABORT_REQUESTED, aborted.status());
        assertEquals(0, driver.answer(0).result());
        assertEquals(
                1, driver.succeed(Request.of(Opcode.ABORT, 0).with(waits << 16)).result(), "not there");
        assertEquals(
                1,
                driver.succeed(Request.of(Opcode.ABORT, 0).with(77 << 16 | 1)).result());
    }

    @Test
    void s5_whatIsNotOfferedIsRefused() {
        driver.start(1);
        for (int opcode : new int[] {0x0d, 0x10, 0x80, 0x7c, 0xff}) {
            assertEquals(Status.INVALID_OPCODE, driver.status(Request.of(opcode, 0)));
        }
        assertEquals(Status.INVALID_OPCODE, driver.statusOf(Request.of(5, 1)), "Compare");
        assertEquals(
                Status.INVALID_FIELD,
                driver.statusOf(Request.of(Opcode.FLUSH, 1).flags(1)),
                "fused");
        assertEquals(
                Status.INVALID_FIELD,
                driver.statusOf(Request.of(Opcode.FLUSH, 1).flags(0x40)),
                "an SGL");
    }

    // Interrupts

    @Test
    void s7_5_aCompletionIsAMessageOfItsQueuesVector() {
        driver.start(2);
        bench.pci().takeMessages();
        driver.statusOf(Request.of(Opcode.FLUSH, 1));
        driver.carryOut(2, Request.of(Opcode.FLUSH, 1));
        driver.succeed(getFeature(6));
        bench.quiesce();
        assertEquals(
                List.of(0, 1, 2), bench.pci().takeMessages().stream().sorted().toList());
        bench.resume(Resumption.STARTED);
    }

    @Test
    void s7_5_withoutMessagesThePinIsUpWhileThereAreCompletions() {
        driver.enable();
        assertFalse(bench.pci().pin().isUp());
        driver.put(0, getFeature(6));
        driver.ring(0);
        driver.look(0);
        NvmeDriver.await("the pin", bench.pci().pin()::isUp);
        driver.register(Layout.INTMS, 1);
        assertFalse(bench.pci().pin().isUp(), "masked");
        assertEquals(1, driver.register(Layout.INTMC));
        driver.register(Layout.INTMC, 1);
        assertTrue(bench.pci().pin().isUp());
        bench.swap();
        assertTrue(bench.pci().pin().isUp());
        driver.consume(0);
        assertFalse(bench.pci().pin().isUp());
        driver.put(0, getFeature(6));
        driver.ring(0);
        NvmeDriver.await("the pin", bench.pci().pin()::isUp);
        driver.disable();
        assertFalse(bench.pci().pin().isUp(), "disabled");
    }

    // Options

    @Test
    void optionsThatCannotBeAreRefused() {
        var factory = new NvmeFactory();
        for (var wrong : List.of(
                new NvmeOptions(NvmeDriver.DISK, 1, Optional.of("123456789012345678901"), 512, false),
                new NvmeOptions(NvmeDriver.DISK, 1, Optional.of("with space"), 512, false),
                new NvmeOptions(NvmeDriver.DISK, 1, Optional.empty(), 1024, false))) {
            assertThrows(ConfigurationException.class, () -> factory.shape(wrong));
        }
    }
}
