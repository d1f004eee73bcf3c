package dev.backplane.device.nvme.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.device.nvme.internal.NvmeDriver.Request;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

class NvmeContractTest extends DeviceContract<NvmeOptions, NvmeState> {
    @Override
    protected DeviceFactory<NvmeOptions, NvmeState> factory() {
        return new NvmeFactory();
    }

    @Override
    protected NvmeOptions options() {
        return NvmeDriver.OPTIONS;
    }

    /** Queues that have wrapped around, completions that nobody has taken, a command that waits for an event, features that were set. */
    @Override
    protected void use(DeviceBench<NvmeOptions, NvmeState> bench) {
        var driver = new NvmeDriver(bench).start(2);
        driver.succeed(Request.of(Opcode.SET_FEATURES, 0).with(0x0b, 0x1ff));
        driver.succeed(Request.of(Opcode.SET_FEATURES, 0).with(0x09, 0x1_0002));
        driver.put(0, Request.of(Opcode.ASYNCHRONOUS_EVENT_REQUEST, 0));
        driver.ring(0);
        for (int i = 0; i < 21; i++) {
            driver.memory().asSlice(NvmeDriver.DATA, 512).fill((byte) i);
            var write = Request.blocks(Opcode.WRITE, i, 1).data(NvmeDriver.DATA, 0);
            assertEquals(Status.SUCCESS, driver.carryOut(1 + i % 2, write).status());
        }
        driver.statusOf(Request.blocks(Opcode.READ, 1 << 20, 1).data(NvmeDriver.DATA, 0));
        driver.put(1, Request.of(Opcode.FLUSH, 1));
        driver.ring(1);
        driver.look(1);
    }

    @Override
    protected List<?> observe(DeviceBench<NvmeOptions, NvmeState> bench) {
        List<Object> seen = new ArrayList<>();
        for (int at = 0; at < 0x40; at += 4) {
            seen.add(bench.read("registers", at, 4));
        }
        var driver = new NvmeDriver(bench);
        driver.consume(1);
        seen.add(driver.carryOut(1, Request.blocks(Opcode.READ, 20, 1).data(NvmeDriver.DATA, 0)));
        seen.add(driver.memory().get(ValueLayout.JAVA_BYTE, NvmeDriver.DATA));
        seen.add(driver.carryOut(2, Request.blocks(Opcode.READ, 19, 1).data(NvmeDriver.DATA, 0)));
        seen.add(driver.succeed(Request.of(Opcode.GET_FEATURES, 0).with(0x0b)));
        seen.add(driver.succeed(Request.of(Opcode.GET_FEATURES, 0).with(0x09, 2)));
        seen.add(List.of(driver.log(1, 64, true).toArray(ValueLayout.JAVA_LONG)[0]));
        bench.write("registers", NvmeDriver.doorbell(9, false), 4, 1);
        seen.add(driver.answer(0));
        seen.add(driver.carryOut(0, driver.createSubmissions(2, 2)));
        // A completion is seen before its interrupt, and two queues are two threads.
        bench.state();
        seen.add(bench.pci().takeMessages().stream().sorted().toList());
        return seen;
    }
}
