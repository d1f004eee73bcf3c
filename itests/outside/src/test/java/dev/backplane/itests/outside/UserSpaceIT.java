package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Programs compute in a guest what the host computes, translated: digests, a cipher, digits, and stress-ng's checks of itself. */
class UserSpaceIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(15);
    private static final boolean WHOLE = Integer.getInteger("itests.boots", 20) > 100;

    static IntStream processors() {
        return WHOLE ? IntStream.of(1, 2, 4) : IntStream.of(2);
    }

    @ParameterizedTest
    @MethodSource("processors")
    void programsComputeWhatTheHostComputes(int cpus) throws Exception {
        int times = WHOLE ? 10 : 1;
        byte[] numbers = IntStream.rangeClosed(1, 200_000)
                .mapToObj(n -> n + "\n")
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.US_ASCII);
        String key = "00112233445566778899aabbccddeeff";
        String start = "000102030405060708090a0b0c0d0e0f";
        var cipher = Cipher.getInstance("AES/CTR/NoPadding");
        cipher.init(
                Cipher.ENCRYPT_MODE,
                new SecretKeySpec(HexFormat.of().parseHex(key), "AES"),
                new IvParameterSpec(HexFormat.of().parseHex(start)));
        List<String> expected = List.of(
                UserPrograms.digits(),
                digest("SHA-256", numbers) + "  /tmp/numbers",
                "SHA2-512(/tmp/numbers)= " + digest("SHA-512", numbers),
                "SHA3-256(/tmp/numbers)= " + digest("SHA3-256", numbers),
                digest("SHA-256", cipher.doFinal(numbers)) + "  -",
                "(170141183460469231731687303715884105727) is prime",
                "cpu verified",
                "vm verified",
                "memory verified");
        var result = Backplane.run(
                TIMEOUT,
                "demo",
                "--cpu",
                "bt",
                "--cpus",
                Integer.toString(cpus),
                "--memory",
                "512MiB",
                "--kernel",
                DebianGuest.kernel().toString(),
                "--initrd",
                UserPrograms.initrd().toString(),
                "--exec",
                """
                mkdir -p /tmp; cd /tmp; seq 1 200000 > numbers
                digits
                sha256sum /tmp/numbers
                openssl dgst -sha512 /tmp/numbers
                openssl dgst -sha3-256 /tmp/numbers
                openssl enc -aes-128-ctr -K %s -iv %s -in numbers | sha256sum
                openssl prime 170141183460469231731687303715884105727
                stress-ng --verify --cpu 2 --cpu-ops %d && echo cpu verified
                stress-ng --verify --vm 2 --vm-bytes 8m --vm-ops %d && echo vm verified
                stress-ng --verify --memcpy 1 --memcpy-ops %d --malloc 1 --malloc-ops 2000 --mmap 1 --mmap-ops 4 && echo memory verified
                """.formatted(key, start, 60 * times, 20 * times, 10 * times));
        result.assertStatus(0);
        for (String line : expected) {
            assertTrue(result.text().contains(line), () -> line + " expected in:\n" + result.text() + result.errors());
        }
    }

    private static String digest(String algorithm, byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
    }
}
