using DrPowerShell.Benchmarks;
using DrPowerShell.Benchmarks.Acts;
using DrPowerShell.Benchmarks.Clusters;
using DrPowerShell.Benchmarks.Measuring;
using DrPowerShell.Benchmarks.Repositories;

if (args is [OurWorker.ServeArgument])
{
    return await OurAct.ServeAsync();
}

if (args is [OurWorker.OnceArgument, var request])
{
    return await OurAct.RunOnceAsync(request);
}

if (BenchmarkOptions.Parse(args, out var problem) is not { } options)
{
    await Console.Error.WriteLineAsync(problem);
    await Console.Error.WriteLineAsync(BenchmarkOptions.Usage);
    return 64;
}

return options.IsOfCluster ? await new ClusterBenchmark(options).RunAsync()
    : options.IsOfRepositories ? await new RepositoryBenchmark(options).RunAsync()
    : await new Benchmark(options).RunAsync();
