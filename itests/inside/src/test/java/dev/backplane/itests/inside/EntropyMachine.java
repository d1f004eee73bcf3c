package dev.backplane.itests.inside;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.Vm.Outcome;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A machine whose guest asks a virtio-rng on the PCI bus for random bytes, over and over, and waits for the interrupt of each answer. It
 * counts: an interrupt that is lost leaves it waiting, one too many or an answer without bytes ends it with a status of its own. It masks
 * the vector and leads it elsewhere every 16 rounds, and moves the BAR every 64.
 */
final class EntropyMachine implements AutoCloseable {
    /** What a guest that has found no mistake ends with. */
    static final int GOOD = 0x2a << 1 | 1;

    private static final int EXIT_PORT = 0xf4;

    // Where the guest has what.
    private static final int INTERRUPTS = 0x20_0000;
    private static final int ROUNDS = INTERRUPTS + 4;
    private static final int DATA = INTERRUPTS + 8;
    private static final int SLOT = INTERRUPTS + 12;
    private static final int DESCRIPTORS = 0x20_1000;
    private static final int AVAILABLE = 0x20_2000;
    private static final int USED = 0x20_3000;
    private static final int BUFFER = 0x20_4000;
    private static final int BUFFER_BYTES = 32;

    private static final int BAR = 0xc000_0000;
    private static final int MOVES_BY = 0x1_0000;
    private static final int TABLE = 0xc100_0000;
    private static final int ENTRY = TABLE + 16;
    private static final int PENDING = TABLE + 0x800;
    private static final int VECTOR = 0x41;
    private static final int OTHER_VECTOR = 0x42;

    // The device's BAR (virtio 1.2, 4.1.4.3), as its capabilities say.
    private static final int DRIVER_FEATURE_SELECT = 0x08;
    private static final int DRIVER_FEATURE = 0x0c;
    private static final int STATUS = 0x14;
    private static final int QUEUE_VECTOR = 0x1a;
    private static final int QUEUE_ENABLE = 0x1c;
    private static final int QUEUE_DESC = 0x20;
    private static final int NOTIFY = 0x3000;

    private static final int ROOT_PORT = 0x8000_0000 | 24 << 11;
    private static final int CLEAR_EVENTS = 0x11f << 16;
    private static final int POWER_OFF = 1 << 10;
    private static final int ATTENTION = 1 << 16;
    private static final int PRESENCE = 1 << 22;

    private final Vm vm;

    private EntropyMachine(VmManager vms, String name, String cpu, String devices, byte[] kernel) throws Exception {
        Path folder = Files.createTempDirectory("backplane-it");
        Files.write(folder.resolve("kernel"), kernel);
        String text = """
                name: %s
                memory: 16MiB
                cpu: %s
                boot: {kernel: kernel}
                devices:
                  - {type: debug-exit, id: exit, port: %d}
                %s
                """.formatted(name, cpu, EXIT_PORT, devices);
        vm = vms.define(new VmSource(name + ".yaml", text, folder, Map.of()));
    }

    /**
     * With the device on bus 0.
     *
     * @param rounds after which the guest ends
     */
    static EntropyMachine plugged(VmManager vms, String name, String cpu, int rounds) throws Exception {
        return plugged(vms, name, cpu, rounds, true);
    }

    /** The same, which neither masks vectors nor moves BARs, to measure how fast the rounds are. */
    static EntropyMachine undisturbed(VmManager vms, String name, String cpu, int rounds) throws Exception {
        return plugged(vms, name, cpu, rounds, false);
    }

    private static EntropyMachine plugged(VmManager vms, String name, String cpu, int rounds, boolean disturbed)
            throws Exception {
        int device = 0x8000_0000 | 1 << 11;
        GuestCode guest = new GuestCode();
        drive(guest, device);
        guest.label("next");
        round(guest, disturbed);
        guest.load(ROUNDS).hex("3d").imm(rounds).jumpIfBelow("next"); // cmp eax, rounds
        guest.exit(EXIT_PORT, GOOD >> 1);
        routines(guest, device);
        return new EntropyMachine(vms, name, cpu, "  - {type: virtio-rng, id: rng}", guest.kernel());
    }

    /** With an empty slot, in which a device comes and goes while the guest's notifications are under way. */
    static EntropyMachine withSlot(VmManager vms, String name, String cpu) throws Exception {
        int device = 0x8000_0000 | 1 << 16;
        GuestCode guest = new GuestCode();
        guest.configure(ROOT_PORT | 0x18, 0x0001_0100);
        guest.hex("bf")
                .imm(ROOT_PORT)
                .hex("b110")
                .call("capability")
                .hex("83c618 8935")
                .imm(SLOT); // esi + 0x18
        guest.label("arrival").call("slot").hex("a9").imm(PRESENCE).jumpIfEqual("arrival");
        guest.eax(CLEAR_EVENTS).call("control");
        guest.label("link").configuration(device).hex("83f8ff").jumpIfEqual("link"); // cmp eax, -1
        // What the device before this one had still sent is taken, at an exit where the host emulates kernels: sti;
        // ...; cli
        guest.hex("fb").in(0x80).in(0x80).hex("fa");
        for (int word : new int[] {INTERRUPTS, ROUNDS, AVAILABLE, USED}) {
            guest.store(word, 0);
        }
        drive(guest, device);
        guest.label("next");
        round(guest, true);
        guest.call("slot").hex("a9").imm(ATTENTION).jumpIfEqual("next");
        for (int i = 0; i < 8; i++) {
            guest.call("ask");
        }
        guest.eax(CLEAR_EVENTS | POWER_OFF).call("control");
        guest.label("leave").call("slot").hex("a9").imm(PRESENCE).jumpIfNotEqual("leave");
        guest.jump("arrival");
        routines(guest, device);
        guest.label("slot")
                .hex("a1")
                .imm(SLOT)
                .hex("0d")
                .imm(ROOT_PORT)
                .out(0xcf8)
                .in(0xcfc)
                .ret();
        guest.label("control")
                .hex("50 a1")
                .imm(SLOT)
                .hex("0d")
                .imm(ROOT_PORT)
                .out(0xcf8)
                .hex("58")
                .out(0xcfc);
        guest.ret();
        return new EntropyMachine(vms, name, cpu, "", guest.kernel());
    }

    /** Brings the device from its reset to DRIVER_OK, with one vector. EBX is its BAR from then on. */
    private static void drive(GuestCode guest, int device) {
        guest.store(DESCRIPTORS, BUFFER).store(DESCRIPTORS + 8, BUFFER_BYTES).store(DESCRIPTORS + 12, 2);
        guest.configure(device | 0x10, BAR).configure(device | 0x14, 0).configure(device | 0x24, TABLE);
        guest.configure(device | 4, 6).hex("bb").imm(BAR);
        guest.store(ENTRY, 0xfee0_0000)
                .store(ENTRY + 8, VECTOR)
                .store(ENTRY + 12, 0)
                .store(DATA, VECTOR);
        guest.hex("bf").imm(device).hex("b111").call("capability");
        guest.hex("89f8 09f0").out(0xcf8).eax(1 << 31).out(0xcfc); // mov eax, edi; or eax, esi
        guest.hex("c683").imm(STATUS).hex("03");
        set(guest, DRIVER_FEATURE_SELECT, 0);
        set(guest, DRIVER_FEATURE, 0);
        set(guest, DRIVER_FEATURE_SELECT, 1);
        set(guest, DRIVER_FEATURE, 1);
        guest.hex("c683").imm(STATUS).hex("0b");
        guest.hex("8a83").imm(STATUS).hex("3c0b"); // mov al, [STATUS]; cmp al, 0xb
        fail(guest, 1);
        guest.hex("66c783").imm(QUEUE_VECTOR).hex("0100");
        int[] areas = {DESCRIPTORS, AVAILABLE, USED};
        for (int i = 0; i < areas.length; i++) {
            set(guest, QUEUE_DESC + 8 * i, areas[i]);
            set(guest, QUEUE_DESC + 8 * i + 4, 0);
        }
        guest.hex("66c783").imm(QUEUE_ENABLE).hex("0100");
        guest.hex("c683").imm(STATUS).hex("0f");
    }

    private static void set(GuestCode guest, int register, int value) {
        guest.hex("c783").imm(register).imm(value);
    }

    /** Ends the machine unless the last comparison found no difference. */
    private static void fail(GuestCode guest, int mistake) {
        guest.hex("74 0f").exit(EXIT_PORT, mistake); // je behind it
    }

    private static void round(GuestCode guest, boolean disturbed) {
        guest.call("ask").call("answer");
        if (!disturbed) {
            return;
        }
        guest.load(ROUNDS).hex("a83f").jumpIfNotEqual("unmoved").call("move"); // test al, 63
        guest.label("unmoved")
                .load(ROUNDS)
                .hex("a80f")
                .jumpIfNotEqual("unmasked")
                .call("masked"); // test al, 15
        guest.label("unmasked");
    }

    private static void routines(GuestCode guest, int device) {
        // Makes the buffer available once more and notifies.
        guest.label("ask").hex("66ff05").imm(AVAILABLE + 2).count(ROUNDS);
        guest.hex("66c783").imm(NOTIFY).hex("0000").ret();

        // Waits for the interrupt of each notification, and looks at what has come.
        guest.label("answer").load(ROUNDS).compare(INTERRUPTS).jumpIfEqual("interrupted");
        guest.jumpIfBelow("too many").hex("fb f4").jump("answer"); // sti; hlt
        guest.label("too many").exit(EXIT_PORT, 2);
        guest.label("interrupted").hex("66a1").imm(USED + 2).hex("663b05").imm(AVAILABLE + 2);
        fail(guest, 3);
        guest.load(BUFFER).hex("0b05").imm(BUFFER + 4).jumpIfNotEqual("random").exit(EXIT_PORT, 4); // or
        guest.label("random").store(BUFFER, 0).store(BUFFER + 4, 0).ret();

        // An answer to a masked vector is pending; the vector leads elsewhere when it is unmasked.
        guest.label("masked").store(ENTRY + 12, 1);
        guest.load(DATA).hex("83f003").save(DATA).save(ENTRY + 8); // xor eax, 3
        guest.call("ask");
        guest.label("pending").load(PENDING).hex("a802").jumpIfEqual("pending"); // test al, 2
        guest.load(ROUNDS).hex("48").compare(INTERRUPTS); // dec eax
        fail(guest, 5);
        guest.store(ENTRY + 12, 0).jump("answer");

        // Once while it decodes, once while it does not. A notification to the old place goes nowhere.
        guest.label("move").hex("89d9 81f3").imm(MOVES_BY); // mov ecx, ebx; xor ebx, MOVES_BY
        guest.eax(device | 0x10).out(0xcf8).hex("89d8").out(0xcfc); // mov eax, ebx
        guest.hex("66c781").imm(NOTIFY).hex("0000").call("ask").call("answer");
        guest.configure(device | 4, 4).hex("81f3").imm(MOVES_BY);
        guest.eax(device | 0x10).out(0xcf8).hex("89d8").out(0xcfc).configure(device | 4, 6);
        guest.call("ask").jump("answer");

        // The place of the capability CL of the function EDI, in ESI.
        guest.label("capability").hex("be").imm(0x34).call("register").hex("0fb6f0"); // movzx esi, al
        guest.label("look").call("register").hex("38c8").jumpIfEqual("found"); // cmp al, cl
        guest.hex("0fb6f4").jump("look"); // movzx esi, ah
        guest.label("found").ret();
        guest.label("register").hex("89f8 09f0").out(0xcf8).in(0xcfc).ret(); // mov eax, edi; or eax, esi

        for (int vector : new int[] {VECTOR, OTHER_VECTOR}) {
            guest.handler(vector).hex("f0").count(INTERRUPTS).endOfInterrupt();
        }
    }

    Vm vm() {
        return vm;
    }

    void start() throws VmException {
        vm.start(Duration.ZERO);
    }

    long statistic(String name) {
        return vm.statistics().getOrDefault(name, 0L);
    }

    void plug() throws VmException {
        vm.addDevice(new VmSource("rng.yaml", "{type: virtio-rng, id: rng}", Path.of("."), Map.of()));
    }

    boolean hasEnded() {
        return vm.outcome().toCompletableFuture().isDone();
    }

    /** How it has ended, if it has. */
    String end() {
        return hasEnded() ? vm.outcome().toCompletableFuture().join().toString() : "";
    }

    Outcome awaitEnd() throws Exception {
        return vm.outcome().toCompletableFuture().get(120, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        vm.remove();
    }
}
