function Write-AnswerLine {
    <#
    .SYNOPSIS
    Writes one line of the protocol to standard output.
    .DESCRIPTION
    Base64 keeps it ASCII, whatever the code page is. An empty line goes before it, so that it begins a line even when something
    else was printed without an end.
    .PARAMETER Id
    The request's.
    .PARAMETER Kind
    part or end.
    .PARAMETER Text
    A JSON document.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [ValidateSet('part', 'end')] [string] $Kind,
        [Parameter(Mandatory)] [string] $Text
    )
    [Console]::Out.WriteLine()
    [Console]::Out.WriteLine("credssp $Id $Kind $([Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($Text)))")
    [Console]::Out.Flush()
}

function Write-Failure {
    <#
    .SYNOPSIS
    Answers a request with what went wrong between here and the host.
    .PARAMETER Id
    The request's.
    .PARAMETER ErrorRecord
    The error; none: the session ended without a word.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [AllowNull()] [System.Management.Automation.ErrorRecord] $ErrorRecord
    )
    $failure = [ordered]@{ message = 'the session ended without an answer'; errorId = 'NoAnswer'; code = $null }
    if ($null -ne $ErrorRecord) {
        $exception = $ErrorRecord.Exception
        $failure.message = [string] $exception.Message
        $failure.errorId = [string] $ErrorRecord.FullyQualifiedErrorId
        # The code of a remoting error is the same in every language.
        if ($exception -is [System.Management.Automation.Remoting.PSRemotingTransportException]) { $failure.code = $exception.ErrorCode }
    }
    Write-AnswerLine -Id $Id -Kind end -Text (ConvertTo-Json -Compress -InputObject @{ outcome = 'remoting'; failure = $failure })
}

function Send-HostLine {
    <#
    .SYNOPSIS
    Passes a line of the host's script on; gives true when it was the answer. Everything else that a host prints is dropped.
    .PARAMETER Id
    The request's.
    .PARAMETER Item
    What the host's session gave.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [AllowNull()] [object] $Item
    )
    if ($Item -isnot [string] -or $Item -cnotmatch '^credssp:(part|end):.') { return $false }
    $kind = $Matches[1]
    Write-AnswerLine -Id $Id -Kind $kind -Text $Item.Substring("credssp:$kind`:".Length)
    return $kind -ceq 'end'
}

function ConvertTo-Parameter {
    <#
    .SYNOPSIS
    Makes a hashtable of what JSON gave, for splatting; an object in it becomes one too.
    .PARAMETER Object
    The object.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [psobject] $Object)
    $table = @{}
    foreach ($property in $Object.PSObject.Properties) {
        if ($property.Value -is [System.Management.Automation.PSCustomObject]) { $table[$property.Name] = ConvertTo-Parameter -Object $property.Value }
        else { $table[$property.Name] = $property.Value }
    }
    $table
}

function Test-Setting {
    <#
    .SYNOPSIS
    Whether a group is about a setting, not the host's script.
    .PARAMETER Group
    The group.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory)] [psobject] $Group)
    $Group.PSObject.Properties.Name -ccontains 'setting'
}

function Set-HostSetting {
    <#
    .SYNOPSIS
    Sets on some hosts whether CredSSP may be used, from outside: WinRM's own service may do what a session on the host may not.
    .PARAMETER Group
    How they are reached, and the setting: role and on.
    .PARAMETER Credential
    As whom; none: as who runs this.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory)] [psobject] $Group,
        [AllowNull()] [pscredential] $Credential
    )
    $connection = ConvertTo-Parameter -Object $Group.parameters
    # The session configuration is a matter of sessions.
    $connection.Remove('ConfigurationName')
    if ($null -ne $Credential) { $connection.Credential = $Credential }
    $connection.SessionOption = New-WSManSessionOption -OperationTimeout ([int] [Math]::Ceiling($Group.openSeconds * 1000))
    foreach ($one in $Group.hosts) {
        if (-not $PSCmdlet.ShouldProcess($one.name)) { continue }
        try {
            [void] (Set-WSManInstance @connection -ComputerName $one.name -ResourceURI "winrm/config/$($Group.setting.role)/auth" -ValueSet @{ CredSSP = "$($Group.setting.on)".ToLowerInvariant() })
            Write-AnswerLine -Id $one.id -Kind end -Text '{"outcome":"set"}'
        }
        catch { Write-Failure -Id $one.id -ErrorRecord $_ }
    }
}

function Start-HostJob {
    <#
    .SYNOPSIS
    Begins the host's script on some hosts; gives for each its request's id, its job and its deadline.
    .PARAMETER Group
    How they are reached, and the document they all get.
    .PARAMETER Hosts
    Those hosts of it: id and name.
    .PARAMETER HostScript
    The script.
    .PARAMETER Credential
    As whom; none: as who runs this.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory)] [psobject] $Group,
        [Parameter(Mandatory)] [object[]] $Hosts,
        [Parameter(Mandatory)] [string] $HostScript,
        [AllowNull()] [pscredential] $Credential
    )
    if (-not $PSCmdlet.ShouldProcess("$($Hosts.Count) hosts")) { return }
    $connection = ConvertTo-Parameter -Object $Group.parameters
    $connection[$Group.by] = @($Hosts | ForEach-Object -Process { $_.name })
    if ($Group.by -ceq 'ComputerName') {
        # Rounded up: 0 would be no limit.
        $connection.SessionOption = New-PSSessionOption -OpenTimeout ([int] [Math]::Ceiling($Group.openSeconds * 1000))
        if ($null -ne $Credential) { $connection.Credential = $Credential }
    }
    $block = [scriptblock]::Create($HostScript)
    $job = Invoke-Command @connection -ScriptBlock $block -ArgumentList $Group.document -AsJob
    for ($i = 0; $i -lt $Hosts.Count; $i++) {
        @{ id = $Hosts[$i].id; job = $job.ChildJobs[$i]; seconds = $Group.seconds; clock = [Diagnostics.Stopwatch]::StartNew(); isAnswered = $false; error = $null }
    }
}

function Start-NextHost {
    <#
    .SYNOPSIS
    Begins the host's script on as many hosts of a group as may begin now. One whose name PowerShell refuses holds up no other.
    .DESCRIPTION
    PowerShell's own throttle would keep the place of a session that does not end, and with it the hosts that wait for it.
    .PARAMETER Work
    A group, those of its hosts that wait, and those that are watched.
    .PARAMETER HostScript
    The script.
    .PARAMETER Credential
    As whom.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory)] [hashtable] $Work,
        [Parameter(Mandatory)] [string] $HostScript,
        [AllowNull()] [pscredential] $Credential
    )
    $count = [Math]::Min($Work.group.throttle - $Work.watched.Count, $Work.waiting.Count)
    if ($count -le 0 -or -not $PSCmdlet.ShouldProcess("$count hosts")) { return }
    $hosts = @($Work.waiting.GetRange(0, $count))
    $Work.waiting.RemoveRange(0, $count)
    try {
        $Work.watched += @(Start-HostJob -Group $Work.group -Hosts $hosts -HostScript $HostScript -Credential $Credential)
        return
    }
    catch {
        if ($count -eq 1) {
            Write-Failure -Id $hosts[0].id -ErrorRecord $_
            return
        }
    }
    foreach ($one in $hosts) {
        try { $Work.watched += @(Start-HostJob -Group $Work.group -Hosts @($one) -HostScript $HostScript -Credential $Credential) }
        catch { Write-Failure -Id $one.id -ErrorRecord $_ }
    }
}

function Close-HostJob {
    <#
    .SYNOPSIS
    Ends a host's session without waiting for it: one that hangs may take a minute to close.
    .PARAMETER Job
    The host's job.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [System.Management.Automation.Job] $Job)
    $stopper = [powershell]::Create()
    [void] $stopper.AddCommand('Stop-Job').AddParameter('Job', $Job)
    [void] $stopper.BeginInvoke()
}

function Receive-HostJob {
    <#
    .SYNOPSIS
    Passes on what a host has said since last time; gives true when nothing more is to come.
    .PARAMETER Watched
    One of what Start-HostJob gave.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory)] [hashtable] $Watched)
    try {
        # Its state first: what is said last comes before it.
        $state = [string] $Watched.job.State
        foreach ($item in @(Receive-Job -Job $Watched.job -ErrorAction Continue *>&1)) {
            if ($item -is [System.Management.Automation.ErrorRecord]) { $Watched.error = $item }
            elseif (Send-HostLine -Id $Watched.id -Item $item) { $Watched.isAnswered = $true }
        }
        $isOver = @('Completed', 'Failed', 'Stopped', 'Disconnected') -ccontains $state
        if ($isOver -and -not $Watched.isAnswered) { Write-Failure -Id $Watched.id -ErrorRecord $Watched.error }
        if ($isOver) { return $true }
        if ($Watched.clock.Elapsed.TotalSeconds -lt $Watched.seconds) { return $false }
        if (-not $Watched.isAnswered) { Write-AnswerLine -Id $Watched.id -Kind end -Text "{`"outcome`":`"timeout`",`"seconds`":$($Watched.seconds.ToString([cultureinfo]::InvariantCulture))}" }
    }
    catch { Write-Failure -Id $Watched.id -ErrorRecord $_ }
    Close-HostJob -Job $Watched.job
    return $true
}

function Invoke-RemoteRequest {
    <#
    .SYNOPSIS
    Serves hosts elsewhere, side by side, each with its own deadline, and answers for each as it ends.
    .PARAMETER Groups
    Hosts that get the same document in the same way, for each group.
    .PARAMETER HostScript
    The host's script.
    .PARAMETER Credential
    As whom.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object[]] $Groups,
        [Parameter(Mandatory)] [string] $HostScript,
        [AllowNull()] [pscredential] $Credential
    )
    Set-StrictMode -Version 3
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue'
    try {
        $works = @(foreach ($group in $Groups) {
                if (Test-Setting -Group $group) { Set-HostSetting -Group $group -Credential $Credential }
                else { @{ group = $group; waiting = [Collections.ArrayList] @($group.hosts); watched = @() } }
            })
        while ($works.Count -gt 0) {
            foreach ($work in $works) {
                Start-NextHost -Work $work -HostScript $HostScript -Credential $Credential
                $work.watched = @($work.watched | Where-Object -FilterScript { -not (Receive-HostJob -Watched $_) })
            }
            $works = @($works | Where-Object -FilterScript { $_.watched.Count + $_.waiting.Count -gt 0 })
            Start-Sleep -Milliseconds 15
        }
    }
    catch {
        # Of two answers to one request the first counts.
        foreach ($group in $Groups) {
            foreach ($one in $group.hosts) { Write-Failure -Id $one.id -ErrorRecord $_ }
        }
    }
}

function Start-RemoteRequest {
    <#
    .SYNOPSIS
    Has Invoke-RemoteRequest run beside this session, which is free for the next request at once.
    .PARAMETER Groups
    The groups of hosts.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    param([Parameter(Mandatory)] [object[]] $Groups)
    if (-not $PSCmdlet.ShouldProcess('hosts elsewhere')) { return }
    foreach ($old in @($global:CredSSPWork | Where-Object -FilterScript { $_.handle.IsCompleted })) {
        $old.shell.Dispose()
        [void] $global:CredSSPWork.Remove($old)
    }
    $shell = [powershell]::Create()
    [void] $shell.AddScript($global:CredSSPDispatcher).AddStatement().AddCommand('Invoke-RemoteRequest')
    [void] $shell.AddParameter('Groups', $Groups).AddParameter('HostScript', $global:CredSSPHostScript).AddParameter('Credential', $global:CredSSPCredential)
    [void] $global:CredSSPWork.Add(@{ shell = $shell; handle = $shell.BeginInvoke() })
}

function Invoke-LocalRequest {
    <#
    .SYNOPSIS
    Runs the host's script here.
    .PARAMETER Request
    The request: id and document.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject] $Request)
    try {
        $block = [scriptblock]::Create($global:CredSSPHostScript)
        & $block $Request.document *>&1 | ForEach-Object -Process { [void] (Send-HostLine -Id $Request.id -Item $_) }
    }
    catch {
        Write-Failure -Id $Request.id -ErrorRecord $_
    }
}

function Set-CredSSPCredential {
    <#
    .SYNOPSIS
    Keeps whom this PowerShell acts as elsewhere: the credential in its environment, which goes from there; none: who runs it.
    .DESCRIPTION
    What cannot be kept is an error: to act as who runs it in its place would be another's right.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    param()
    $ErrorActionPreference = 'Stop'
    if (-not $PSCmdlet.ShouldProcess('the credential')) { return }
    $global:CredSSPCredential = $null
    if (-not (Test-Path -LiteralPath 'Env:\CREDSSP_USERNAME')) { return }
    $plain = New-Object -TypeName System.Net.NetworkCredential -ArgumentList '', $env:CREDSSP_PASSWORD
    $global:CredSSPCredential = New-Object -TypeName System.Management.Automation.PSCredential -ArgumentList $env:CREDSSP_USERNAME, $plain.SecurePassword
    Remove-Item -LiteralPath 'Env:\CREDSSP_USERNAME', 'Env:\CREDSSP_PASSWORD'
}

function Invoke-CredSSPRequest {
    <#
    .SYNOPSIS
    Serves a line of the channel: "credssp <id> part|end <base64>" lines are the answers, by and by for hosts elsewhere.
    .DESCRIPTION
    Everything else the work prints is caught. What goes wrong becomes the answer "remoting".
    .PARAMETER Envelope
    A JSON document in base64: what is to be done here, and on groups of hosts elsewhere.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Envelope)
    Set-StrictMode -Version 3
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue'
    $request = ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Envelope)))
    try {
        # A Windows has a registry, whatever the platform calls itself; SSH needs none, but a PowerShell that knows it.
        $hasRegistry = $null -ne (Get-PSProvider | Where-Object -FilterScript { $_.Name -eq 'Registry' })
        $knowsSsh = (Get-Command -Name Invoke-Command).Parameters.ContainsKey('HostName')
        $groups = @(foreach ($group in $request.groups) {
                if ($group.by -ceq 'HostName') { $isAble = $knowsSsh; $outcome = 'noSsh' }
                else { $isAble = $hasRegistry; $outcome = 'platform' }
                if ($isAble) { $group }
                else { foreach ($one in $group.hosts) { Write-AnswerLine -Id $one.id -Kind end -Text "{`"outcome`":`"$outcome`"}" } }
            })
        # Nothing but a dead host's own end ends the setting of it, so each has a session of its own.
        $settings, $rest = $groups.Where({ Test-Setting -Group $_ }, 'Split')
        foreach ($group in $settings) { Start-RemoteRequest -Groups @($group) }
        if ($rest.Count -gt 0) { Start-RemoteRequest -Groups $rest }
        foreach ($one in $request.local) {
            if ($hasRegistry) { Invoke-LocalRequest -Request $one }
            else { Write-AnswerLine -Id $one.id -Kind end -Text '{"outcome":"platform"}' }
        }
    }
    catch {
        # Of two answers to one request the first counts.
        foreach ($one in @($request.local) + @($request.groups | ForEach-Object -Process { $_.hosts })) { Write-Failure -Id $one.id -ErrorRecord $_ }
    }
    finally {
        # The list of errors would grow as long as this PowerShell lives.
        $global:Error.Clear()
    }
}
