// Moments of a set of numbers as (count, mean, Σ(x − mean)²), and how those of
// two sets join without the cancellation of Σx² − (Σx)²/n (Chan, Golub and
// LeVeque 1979).
fn join_moments(a: vec3<f32>, b: vec3<f32>) -> vec3<f32> {
    let n = a.x + b.x;
    let share = b.x / max(n, 1.0);
    let delta = b.y - a.y;
    return vec3<f32>(n, a.y + delta * share, a.z + b.z + delta * delta * a.x * share);
}

// The moments of four interleaved streams with counts n, summed as s = Σ(x − k)
// and q = Σ(x − k)². With k the first number of each stream, which is one of
// the n, q exceeds the sum about the mean at most n-fold: no more than log2 n
// bits are lost.
fn shifted_moments(n: vec4<f32>, k: vec4<f32>, s: vec4<f32>, q: vec4<f32>) -> vec3<f32> {
    let offset = s / max(n, vec4<f32>(1.0));
    let mean = k + offset;
    let m2 = q - s * offset;
    let xy = join_moments(vec3<f32>(n.x, mean.x, m2.x), vec3<f32>(n.y, mean.y, m2.y));
    let zw = join_moments(vec3<f32>(n.z, mean.z, m2.z), vec3<f32>(n.w, mean.w, m2.w));
    return join_moments(xy, zw);
}
