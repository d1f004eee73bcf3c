package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import dev.backplane.api.vm.VmState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;

/**
 * A vCPU comes to a small guest, which starts it by INIT and SIPI (SDM volume 3, 10.4), and is given back, on every CPU backend. The guest tries to
 * start it also before it has it, and looks whether it runs then, or goes on when it was given back.
 */
@RunWith(SkippingPaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class HotProcessorsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int ROUNDS = 5;
    private static final int EXIT_PORT = 0xf4;
    private static final int GOOD = 0x2a;

    // Where the guest has what.
    private static final int COUNT = 0x7000;
    private static final int STARTED = 0x8000;
    private static final int BEFORE = 0x20_0000;
    private static final int ROUND = 0x20_0004;

    private static final int ICR = 0xfee0_0300;
    private static final int ICR_HIGH = 0xfee0_0310;
    private static final int INIT = 0x4500;
    private static final int START_UP = 0x4600 | STARTED >> 12;

    /** Of the second processor: the board's, see its README. */
    private static final int SLOT = 0x621;

    private static final int PRESENT = 1;
    private static final int WANTED = 4;
    private static final int EJECT = 8;

    @Inject
    private BundleContext context;

    @Inject
    private VmManager vms;

    @Configuration
    public Option[] configuration() {
        return Distribution.with();
    }

    /** AL is the register; ZF is set where it has none of the bits. */
    private static GuestCode slot(GuestCode guest, int bits) {
        return guest.hex("ba").imm(SLOT).hex("ec a8%02x".formatted(bits)); // mov edx, SLOT; in al, dx; test al, bits
    }

    /** Ends the machine unless the last comparison found no difference. */
    private static void fail(GuestCode guest, int mistake) {
        guest.hex("74 0f").exit(EXIT_PORT, mistake); // je behind it
    }

    private static byte[] kernel() {
        GuestCode guest = new GuestCode();
        // xor ax, ax; mov ds, ax; count: inc word [COUNT]; in al, 0x80; jmp count
        guest.store(STARTED, 0xd88e_c031).store(STARTED + 4, 0x7000_06ff).store(STARTED + 8, 0xf8eb_80e4);
        guest.store(ROUND, 0);

        // It cannot be started before it comes. The count is looked at first: it may come any time.
        guest.store(COUNT, 0);
        guest.label("never").call("start").in(0x80).load(COUNT).save(BEFORE);
        slot(guest, PRESENT).jumpIfNotEqual("arrived");
        guest.load(BEFORE).hex("85c0"); // test eax, eax
        fail(guest, 1);
        guest.jump("never");

        guest.label("absent").in(0x80);
        slot(guest, PRESENT).jumpIfEqual("absent");
        guest.store(COUNT, 0);
        guest.label("arrived").call("start").hex("b9").imm(1000); // mov ecx, 1000
        guest.label("look").in(0x80).load(COUNT).hex("85c0").jumpIfNotEqual("runs");
        guest.hex("49").jumpIfNotEqual("look").jump("arrived"); // dec ecx

        guest.label("runs");
        slot(guest, WANTED).jumpIfEqual("runs");
        guest.store(ICR_HIGH, 1 << 24).store(ICR, INIT);
        guest.eax(EJECT | WANTED).hex("ba").imm(SLOT).hex("ee"); // out dx, al
        // Its thread may be away for a while, with an instruction begun.
        guest.hex("be").imm(1000); // mov esi, 1000
        guest.label("moves").load(COUNT).save(BEFORE).hex("b9").imm(200); // mov ecx, 200
        guest.label("wait").in(0x80).hex("49").jumpIfNotEqual("wait"); // dec ecx
        guest.load(COUNT).compare(BEFORE).jumpIfEqual("stands").hex("4e").jumpIfNotEqual("moves"); // dec esi
        guest.exit(EXIT_PORT, 2);
        guest.label("stands");
        guest.count(ROUND).load(ROUND).hex("3d").imm(ROUNDS).jumpIfBelow("absent"); // cmp eax, ROUNDS
        guest.exit(EXIT_PORT, GOOD);

        guest.label("start")
                .store(ICR_HIGH, 1 << 24)
                .store(ICR, INIT)
                .store(ICR, START_UP)
                .ret();
        return guest.kernel();
    }

    /** A guest that has found a mistake, or that has made its last round, ends meanwhile. */
    private static void comeAndGo(Vm vm) throws VmException {
        try {
            vm.setProcessors(2, PATIENCE);
            vm.setProcessors(1, PATIENCE);
        } catch (VmException e) {
            if (vm.state() == VmState.RUNNING) {
                throw e;
            }
        }
    }

    private void run(String cpu) throws Exception {
        Path folder = Files.createTempDirectory("backplane-it");
        Files.write(folder.resolve("kernel"), kernel());
        String text = """
                name: hot-%s
                memory: 16MiB
                cpu: %s
                maxCpus: 2
                boot: {kernel: kernel}
                devices:
                  - {type: debug-exit, id: exit, port: %d}
                """.formatted(cpu, cpu, EXIT_PORT);
        Vm vm = vms.define(new VmSource("hot.yaml", text, folder, Map.of()));
        try {
            vm.start(Duration.ZERO);
            for (int round = 0; round < ROUNDS && vm.state() == VmState.RUNNING; round++) {
                comeAndGo(vm);
            }
            var outcome = vm.outcome().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertEquals(outcome.toString(), GOOD << 1 | 1, outcome.status());
        } finally {
            vm.remove();
        }
    }

    @Test
    public void oneComesAndGoesInterpreted() throws Exception {
        run("soft");
    }

    @Test
    public void oneComesAndGoesTranslated() throws Exception {
        run("bt");
    }

    @Test
    public void oneComesAndGoesOnKvm() throws Exception {
        var reference = context.getServiceReferences(CpuBackend.class, "(cpu.type=kvm)")
                .iterator()
                .next();
        CpuProbe probe = context.getService(reference).probe();
        if (!probe.usable()) {
            throw new SkippedError("vCPUs that come and go on KVM: " + probe.reason());
        }
        run("kvm");
    }
}
