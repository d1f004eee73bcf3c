package dev.backplane.shell.internal.gogo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.File;
import java.lang.reflect.Proxy;
import java.util.List;
import org.apache.felix.service.command.Converter;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

class GogoConverterTest {
    private final Bundle kernel = bundle("org.example.kernel");
    private final List<Bundle> bundles = List.of(kernel, bundle("org.example.twice"), bundle("org.example.twice"));
    private final GogoConverter converter = new GogoConverter(answering(BundleContext.class, (name, first) -> {
        int id = name.equals("getBundle") ? Math.toIntExact((Long) first) : 0;
        return name.equals("getBundles")
                ? bundles.toArray(Bundle[]::new)
                : id < bundles.size() ? bundles.get(id) : null;
    }));

    private interface Answers {
        Object to(String method, Object first);
    }

    private static <T> T answering(Class<T> type, Answers answers) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answers.to(method.getName(), arguments == null ? null : arguments[0])));
    }

    private static Bundle bundle(String name) {
        return answering(Bundle.class, (method, first) -> switch (method) {
            case "getSymbolicName" -> name;
            case "hashCode" -> 1;
            default -> throw new AssertionError(method);
        });
    }

    @Test
    void aBundleIsMeantByItsNumberOrByANameThatNoOtherHas() {
        assertSame(kernel, converter.convert(Bundle.class, "0"));
        assertSame(bundles.get(2), converter.convert(Bundle.class, 2L));
        assertSame(kernel, converter.convert(Bundle.class, "org.example.kernel"));
        for (String none : List.of("3", "99999999999999999999", "-1", "", "org.example", "org.example.twice")) {
            assertNull(converter.convert(Bundle.class, none), none);
        }
        assertNull(converter.convert(String.class, "0"));
    }

    @Test
    void aPathIsShownAsItIsTyped() {
        assertEquals("/some/where", converter.format(new File("/some/where"), Converter.INSPECT, converter));
        assertNull(converter.format("text", Converter.INSPECT, converter));
    }
}
